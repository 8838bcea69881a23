import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.activemq.command.DataStructure;
import org.apache.activemq.command.WireFormatInfo;
import org.apache.activemq.openwire.OpenWireFormat;

/**
 * Encodes and decodes OpenWire with ActiveMQ's own marshallers, for comparison.
 *
 * <pre>
 * OpenWireVectors encode PLAN SEED     one JSON line per object: its fields, its frames by format
 * OpenWireVectors sequence PLAN        the same for commands sent one after the other with a cache
 * OpenWireVectors decode PLAN FRAMES   one JSON line per frame of a file of "format", "frame" lines
 * </pre>
 *
 * A format is a version, t or l for tight or loose, and then n for no stack traces, p for no size
 * prefix.
 */
public final class OpenWireVectors {

    private static final int[] VERSIONS = {1, 3, 5, 6, 9, 10, 11, 12};
    private static final int CACHE_SIZE = 160;
    private static final int SEQUENCE_LENGTH = 150;
    private static final String[] SEQUENCE_TYPES = {
        "ActiveMQTextMessage", "MessageDispatch", "MessageAck", "ConsumerInfo", "ProducerInfo",
        "SessionInfo", "TransactionInfo", "DestinationInfo", "RemoveSubscriptionInfo",
    };

    public static void main(String[] args) throws IOException {
        Plan plan = Plan.read(Path.of(args[1]));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
        switch (args[0]) {
            case "encode":
                encode(plan, Long.parseLong(args[2]), out);
                break;
            case "sequence":
                sequence(plan, out);
                break;
            default:
                decode(plan, Path.of(args[2]), out);
        }
        out.flush();
    }

    /** Empty, full, and some between. */
    private static void encode(Plan plan, long seedBase, PrintStream out) throws IOException {
        Dump dump = new Dump(plan);
        int[] nullPercents = {100, 0, 30, 30, 60, 60, 80};
        for (Plan.Structure structure : plan.byName.values()) {
            for (int variant = 0; variant < nullPercents.length; variant++) {
                long seed = seedBase + structure.code * 100L + variant;
                DataStructure object = new Filler(seed, nullPercents[variant]).fill(structure, 0);
                out.print("{\"object\":" + dump.of(object) + ",\"frames\":{");
                String comma = "";
                for (String format : formats(structure.since)) {
                    String frame = frame(wireFormat(format), object);
                    out.print(comma + "\"" + format + "\":\"" + frame + "\"");
                    comma = ",";
                }
                out.println("}}");
            }
        }
    }

    private static List<String> formats(int since) {
        List<String> formats = new ArrayList<>();
        for (int version : VERSIONS) {
            if (version >= since) {
                formats.add(version + "t");
                formats.add(version + "l");
            }
        }
        for (String format : new String[] {"12tn", "12ln", "12tp", "12lp"}) {
            formats.add(format);
        }
        return formats;
    }

    /** Few values, so that they come again; more than the cache holds, so that it goes round. */
    private static void sequence(Plan plan, PrintStream out) throws IOException {
        Dump dump = new Dump(plan);
        List<DataStructure> commands = new ArrayList<>();
        for (int i = 0; i < SEQUENCE_LENGTH; i++) {
            String name = SEQUENCE_TYPES[i % SEQUENCE_TYPES.length];
            long seed = i % 4 == 0 ? i : i % 40;
            commands.add(new SequenceFiller(plan, seed).fill(name));
        }
        for (DataStructure command : commands) {
            out.println("{\"object\":" + dump.of(command) + "}");
        }
        for (int version : VERSIONS) {
            for (String format : new String[] {version + "t", version + "l"}) {
                OpenWireFormat wireFormat = cachingFormat(format, CACHE_SIZE);
                out.print("{\"format\":\"" + format + "\",\"cacheSize\":" + CACHE_SIZE);
                out.print(",\"frames\":[");
                String comma = "";
                for (DataStructure command : commands) {
                    out.print(comma + "\"" + frame(wireFormat, command) + "\"");
                    comma = ",";
                }
                out.println("]}");
            }
        }
    }

    private static void decode(Plan plan, Path file, PrintStream out) throws IOException {
        Dump dump = new Dump(plan);
        OpenWireFormat wireFormat = null;
        for (String line : Files.readAllLines(file)) {
            String[] words = line.split(" ");
            if (words[0].equals("format")) {
                int cacheSize = Integer.parseInt(words[2]);
                wireFormat = cacheSize > 0
                    ? cachingFormat(words[1], cacheSize) : wireFormat(words[1]);
                continue;
            }
            byte[] bytes = parseHex(words[1]);
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
            DataStructure object = (DataStructure) wireFormat.unmarshal(in);
            if (in.available() > 0) {
                throw new IOException(in.available() + " bytes left of " + line);
            }
            out.println(dump.of(object));
        }
    }

    private static OpenWireFormat wireFormat(String format) {
        OpenWireFormat made = new OpenWireFormat(Integer.parseInt(format.replaceAll("[a-z]", "")));
        made.setCacheEnabled(false);
        made.setTightEncodingEnabled(format.contains("t"));
        made.setStackTraceEnabled(!format.contains("n"));
        made.setSizePrefixDisabled(format.contains("p"));
        return made;
    }

    private static OpenWireFormat cachingFormat(String format, int cacheSize) throws IOException {
        OpenWireFormat made = wireFormat(format);
        WireFormatInfo info = new WireFormatInfo();
        info.setVersion(made.getVersion());
        info.setCacheEnabled(true);
        info.setCacheSize(cacheSize);
        info.setTightEncodingEnabled(made.isTightEncodingEnabled());
        info.setStackTraceEnabled(made.isStackTraceEnabled());
        info.setSizePrefixDisabled(made.isSizePrefixDisabled());
        info.setMaxFrameSize(OpenWireFormat.DEFAULT_MAX_FRAME_SIZE);
        made.setPreferedWireFormatInfo(info);
        made.renegotiateWireFormat(info);
        return made;
    }

    private static String frame(OpenWireFormat format, DataStructure object) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        format.marshal(object, new DataOutputStream(bytes));
        return Dump.hex(bytes.toByteArray(), 0, bytes.size());
    }

    private static byte[] parseHex(String hex) {
        byte[] bytes = new byte[hex.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        return bytes;
    }
}
