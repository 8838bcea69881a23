import java.lang.reflect.Array;
import java.util.Random;
import org.apache.activemq.command.DataStructure;
import org.apache.activemq.util.ByteSequence;

/** Fills ActiveMQ's objects with values that depend on nothing but a seed. */
final class Filler {

    private static final String[] TEXTS = {
        "", "a", "ID:example-40123-1700000000000-4:1", "ORDERS.IN",
        "caf\u00e9 \u20ac 5", "\u65e5\u672c\u8a9e", "smile \ud83d\ude00", "nul \u0000 inside",
        "a text that is long enough to leave the way of short texts behind it, in ASCII",
        "a text long enough to leave the way of short texts behind it, \u00e0 fran\u00e7ais",
    };

    private static final long[] LONGS = {
        0, 1, -1, 65535, 65536, 4294967295L, 4294967296L, 1700000000000L,
        (1L << 53) - 1, 1L << 53, -(1L << 53), Long.MAX_VALUE, Long.MIN_VALUE,
    };

    private static final int[] INTS = {0, 1, -1, 1000, Integer.MAX_VALUE, Integer.MIN_VALUE};

    private final Random random;
    /** How often something that may be null is null, in percent. */
    private final int nullPercent;

    Filler(long seed, int nullPercent) {
        this.random = new Random(seed);
        this.nullPercent = nullPercent;
    }

    DataStructure fill(Plan.Structure structure, int depth) {
        DataStructure object = structure.create();
        for (Plan.Field field : structure.fields) {
            field.set(object, value(structure, field, depth));
        }
        return object;
    }

    private Object value(Plan.Structure owner, Plan.Field field, int depth) {
        switch (field.kind) {
            case "boolean":
                return random.nextBoolean();
            case "byte":
                return (byte) random.nextInt(256);
            case "int":
                return random.nextInt(4) == 0
                    ? random.nextInt() : INTS[random.nextInt(INTS.length)];
            case "long":
                return random.nextInt(4) == 0
                    ? random.nextLong() : LONGS[random.nextInt(LONGS.length)];
            case "fixedBytes":
                return bytes(8);
            default:
        }
        if (!field.name.equals("physicalName") && random.nextInt(100) < nullPercent) {
            return null;
        }
        switch (field.kind) {
            case "string":
                return field.name.equals("physicalName") ? name(owner) : text();
            case "bytes":
                byte[] bytes = bytes(random.nextInt(40));
                Class<?> wanted = field.setter.getParameterTypes()[0];
                return wanted == byte[].class ? bytes : new ByteSequence(bytes);
            case "throwable":
                return throwable(2);
            case "list":
                return list(field, depth);
            default:
                return depth > 2 ? null : nested(field, depth);
        }
    }

    private DataStructure nested(Plan.Field field, int depth) {
        return fill(choose(field, field.setter.getParameterTypes()[0]), depth + 1);
    }

    private Object list(Plan.Field field, int depth) {
        int count = depth > 1 ? 0 : random.nextInt(3);
        Class<?> element = field.setter.getParameterTypes()[0].getComponentType();
        Object array = Array.newInstance(element, count);
        for (int i = 0; i < count; i++) {
            boolean absent = random.nextInt(100) < nullPercent;
            Array.set(array, i, absent ? null : fill(choose(field, element), depth + 1));
        }
        return array;
    }

    /** What a version does not know cannot be inside what it knows, so only the oldest. */
    private Plan.Structure choose(Plan.Field field, Class<?> wanted) {
        for (;;) {
            Plan.Structure chosen = field.of.get(random.nextInt(field.of.size()));
            if (chosen.since == 1 && wanted.isInstance(chosen.create())) {
                return chosen;
            }
        }
    }

    private String text() {
        return TEXTS[random.nextInt(TEXTS.length)];
    }

    /** Names that the classes of destinations take as they are. */
    private String name(Plan.Structure owner) {
        if (owner.name.contains("Temp")) {
            return "ID:example-40123-1700000000000-" + random.nextInt(9) + ":" + random.nextInt(9);
        }
        String prefix = random.nextInt(3) == 0 ? "caf\u00e9." : "A.B.";
        return prefix + random.nextInt(9);
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private Throwable throwable(int causes) {
        // ActiveMQ's marshallers of version 1 stumble over a message that is null.
        String message = text();
        Throwable made = random.nextBoolean()
            ? new java.io.IOException(message) : new SecurityException(message);
        StackTraceElement[] trace = new StackTraceElement[random.nextInt(3)];
        for (int i = 0; i < trace.length; i++) {
            String file = random.nextInt(100) < nullPercent ? null : "File" + i + ".java";
            trace[i] = new StackTraceElement("a.b.C" + i, "m\u00e9thode", file, random.nextInt());
        }
        made.setStackTrace(trace);
        if (causes > 0 && random.nextBoolean()) {
            made.initCause(throwable(causes - 1));
        }
        return made;
    }
}
