import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * When each send was begun that has no confirmation yet, by its number on the channel. A
 * confirmation may cover all up to a number, and with several queues they come out of order.
 */
final class Unconfirmed {
    private static final long NONE = Long.MIN_VALUE;

    /** Of number n at n modulo the length, a power of two. */
    private long[] begun = filled(4096);
    private long oldest = 1;
    private long next = 1;

    synchronized void add(long number, long nanos) {
        if (number != next) throw new IllegalStateException(number + " sent after " + (next - 1));
        if (next - oldest == begun.length) grow();
        begun[slot(next++)] = nanos;
    }

    /** Tells the consumer the beginning of each send that is confirmed with this. */
    synchronized void confirm(long number, boolean multiple, LongConsumer confirmed) {
        if (multiple) for (long at = oldest; at < number; at++) take(at, confirmed);
        take(number, confirmed);
        while (oldest < next && begun[slot(oldest)] == NONE) oldest++;
    }

    private void take(long number, LongConsumer confirmed) {
        int slot = slot(number);
        if (begun[slot] == NONE) return;
        confirmed.accept(begun[slot]);
        begun[slot] = NONE;
    }

    private void grow() {
        long[] wider = filled(begun.length * 2);
        for (long at = oldest; at < next; at++) {
            wider[(int) (at & (wider.length - 1))] = begun[slot(at)];
        }
        begun = wider;
    }

    private int slot(long number) {
        return (int) (number & (begun.length - 1));
    }

    private static long[] filled(int length) {
        long[] array = new long[length];
        Arrays.fill(array, NONE);
        return array;
    }
}
