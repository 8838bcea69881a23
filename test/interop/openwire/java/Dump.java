import java.lang.reflect.Array;
import org.apache.activemq.command.DataStructure;
import org.apache.activemq.util.ByteSequence;

/** Writes ActiveMQ's objects as JSON, field by field: longs and bytes as texts, bytes in hex. */
final class Dump {

    private final Plan plan;

    Dump(Plan plan) {
        this.plan = plan;
    }

    String of(DataStructure object) {
        StringBuilder out = new StringBuilder();
        structure(object, out);
        return out.toString();
    }

    private void structure(DataStructure object, StringBuilder out) {
        if (object == null) {
            out.append("null");
            return;
        }
        int code = object.getDataStructureType() & 0xff;
        out.append("{\"type\":").append(code);
        for (Plan.Field field : plan.byCode.get(code).fields) {
            out.append(",\"").append(field.name).append("\":");
            value(field.get(object), out);
        }
        out.append('}');
    }

    private void value(Object value, StringBuilder out) {
        if (value == null) {
            out.append("null");
        } else if (value instanceof Boolean || value instanceof Byte || value instanceof Integer) {
            out.append(value);
        } else if (value instanceof Long) {
            out.append('"').append(value).append('"');
        } else if (value instanceof String) {
            text((String) value, out);
        } else if (value instanceof byte[]) {
            out.append('"').append(hex((byte[]) value, 0, ((byte[]) value).length)).append('"');
        } else if (value instanceof ByteSequence) {
            ByteSequence bytes = (ByteSequence) value;
            String hex = hex(bytes.getData(), bytes.getOffset(), bytes.getLength());
            out.append('"').append(hex).append('"');
        } else if (value instanceof Throwable) {
            throwable((Throwable) value, out);
        } else if (value.getClass().isArray()) {
            list(value, out);
        } else {
            structure((DataStructure) value, out);
        }
    }

    private void list(Object array, StringBuilder out) {
        out.append('[');
        for (int i = 0; i < Array.getLength(array); i++) {
            if (i > 0) {
                out.append(',');
            }
            structure((DataStructure) Array.get(array, i), out);
        }
        out.append(']');
    }

    private void throwable(Throwable value, StringBuilder out) {
        out.append("{\"className\":");
        text(value.getClass().getName(), out);
        out.append(",\"message\":");
        value(value.getMessage(), out);
        out.append(",\"stackTrace\":[");
        String comma = "";
        for (StackTraceElement element : value.getStackTrace()) {
            out.append(comma).append("{\"className\":");
            value(element.getClassName(), out);
            out.append(",\"methodName\":");
            value(element.getMethodName(), out);
            out.append(",\"fileName\":");
            value(element.getFileName(), out);
            out.append(",\"lineNumber\":").append(element.getLineNumber()).append('}');
            comma = ",";
        }
        out.append("],\"cause\":");
        if (value.getCause() == null) {
            out.append("null");
        } else {
            throwable(value.getCause(), out);
        }
        out.append('}');
    }

    static void text(String value, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    static String hex(byte[] bytes, int offset, int length) {
        StringBuilder out = new StringBuilder();
        for (int i = offset; i < offset + length; i++) {
            out.append(Character.forDigit((bytes[i] >> 4) & 15, 16));
            out.append(Character.forDigit(bytes[i] & 15, 16));
        }
        return out.toString();
    }
}
