import java.lang.management.ManagementFactory;
import java.util.Locale;

import com.sun.management.OperatingSystemMXBean;

/** A stretch of time, and what it came to. */
final class Answer {
    private static final OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final long startedNanos = System.nanoTime();
    private final long startedCpuNanos = system.getProcessCpuTime();
    private double seconds;
    private double cpuSeconds;

    /** The stretch begins. */
    static Answer begin() {
        return new Answer();
    }

    private Answer() {}

    /** The stretch is over. */
    Answer end() {
        seconds = (System.nanoTime() - startedNanos) / 1e9;
        cpuSeconds = (system.getProcessCpuTime() - startedCpuNanos) / 1e9;
        return this;
    }

    void print(long count, Times times) {
        System.out.println(String.format(Locale.ROOT,
            "{\"count\":%d,\"seconds\":%.6f,\"times\":%s,\"cpuSeconds\":%.6f}",
            count, seconds, times == null ? "null" : times.json(), cpuSeconds));
    }
}
