import java.util.concurrent.locks.LockSupport;

/** A steady rate. After an outage it goes on at that rate; it does not catch up in a burst. */
final class Pace {
    private static final long LATE_NS = 1_000_000_000L;

    private final long periodNs;
    private long nextNs = System.nanoTime();

    Pace(int perSecond) {
        periodNs = 1_000_000_000L / perSecond;
    }

    void await() {
        nextNs += periodNs;
        long now = System.nanoTime();
        if (nextNs < now - LATE_NS) nextNs = now;
        while ((now = System.nanoTime()) < nextNs) LockSupport.parkNanos(nextNs - now);
    }
}
