import java.nio.ByteBuffer;
import java.util.Random;

/** Random bytes, which nothing can compress. */
final class Bodies {
    private final byte[] pattern;

    Bodies(Arguments words) {
        pattern = new byte[words.number("bytes", 1024)];
        new Random(1).nextBytes(pattern);
    }

    /** The same each time: the client copies it into frames, and changes nothing. */
    byte[] shared() {
        return pattern;
    }

    /** One that carries a moment. */
    byte[] stamped(long nanos) {
        byte[] body = pattern.clone();
        ByteBuffer.wrap(body).putLong(0, nanos);
        return body;
    }

    static long stampOf(byte[] body) {
        return ByteBuffer.wrap(body).getLong(0);
    }
}
