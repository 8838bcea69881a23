import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * Writes one JSON object a line to standard output. Stamps are milliseconds of the monotonic clock
 * that every process of the machine shares, taken under the lock that orders the lines.
 */
final class EventLog {
    private final PrintStream out;

    EventLog(PrintStream out) {
        this.out = out;
    }

    /** Writes the event with fields given as name, value, name, value; without those of null. */
    synchronized void write(String event, Object... fields) {
        writeAt(System.nanoTime() / 1e6, event, fields);
    }

    /** An event that happened before it can be told. */
    synchronized void writeAt(double atMs, String event, Object... fields) {
        StringBuilder line = new StringBuilder(96);
        line.append("{\"t\":").append(String.format(Locale.ROOT, "%.3f", atMs));
        line.append(",\"e\":\"").append(event).append('"');
        for (int i = 0; i < fields.length; i += 2) {
            Object value = fields[i + 1];
            if (value == null) continue;
            line.append(",\"").append(fields[i]).append("\":");
            appendValue(line, value);
        }
        out.println(line.append('}'));
        out.flush();
    }

    private static void appendValue(StringBuilder line, Object value) {
        if (value instanceof Number || value instanceof Boolean) line.append(value);
        else if (value instanceof List) appendList(line, (List<?>) value);
        else appendText(line, String.valueOf(value));
    }

    private static void appendList(StringBuilder line, List<?> values) {
        line.append('[');
        for (int i = 0; i < values.size(); i++) {
            if (i > 0) line.append(',');
            appendValue(line, values.get(i));
        }
        line.append(']');
    }

    private static void appendText(StringBuilder line, String text) {
        line.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') line.append('\\').append(c);
            else if (c < ' ') line.append(String.format("\\u%04x", (int) c));
            else line.append(c);
        }
        line.append('"');
    }
}
