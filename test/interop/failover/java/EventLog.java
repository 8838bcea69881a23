import java.io.PrintStream;
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

    /** Writes the event with fields given as name, value, name, value. */
    synchronized void write(String event, Object... fields) {
        StringBuilder line = new StringBuilder(96);
        line.append("{\"t\":").append(String.format(Locale.ROOT, "%.3f", System.nanoTime() / 1e6));
        line.append(",\"e\":\"").append(event).append('"');
        for (int i = 0; i < fields.length; i += 2) {
            line.append(",\"").append(fields[i]).append("\":");
            Object value = fields[i + 1];
            if (value instanceof Number || value instanceof Boolean) line.append(value);
            else appendText(line, String.valueOf(value));
        }
        out.println(line.append('}'));
        out.flush();
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
