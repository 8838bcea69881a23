import java.util.Random;

import javax.jms.BytesMessage;
import javax.jms.JMSException;

/** Random bytes of one length, each time others, cut out of one pool. */
final class Bodies {
    private static final int POOL_BYTES = 1 << 20;
    /** A prime: neighbours do not share a beginning, and the same one comes back late. */
    private static final int STRIDE_BYTES = 7919;

    private final byte[] pool;
    private final int bytes;
    private int at;

    Bodies(int bytes) {
        this.bytes = bytes;
        pool = new byte[POOL_BYTES + bytes];
        new Random(1).nextBytes(pool);
    }

    void write(BytesMessage message) throws JMSException {
        writeBytes(message, bytes);
    }

    /** The stamp is what the body begins with. */
    void write(BytesMessage message, long stamp) throws JMSException {
        if (bytes < Long.BYTES) throw new IllegalArgumentException(bytes + " bytes hold no stamp");
        message.writeLong(stamp);
        writeBytes(message, bytes - Long.BYTES);
    }

    private void writeBytes(BytesMessage message, int length) throws JMSException {
        at = (at + STRIDE_BYTES) % POOL_BYTES;
        message.writeBytes(pool, at, length);
    }
}
