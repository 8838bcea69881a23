import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

import com.sun.management.OperatingSystemMXBean;

/** Counts what happens while it measures, and keeps the times that were taken meanwhile. */
final class Meter {
    private static final OperatingSystemMXBean SYSTEM =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final double NANOS = 1e9;

    private final LongAdder count = new LongAdder();
    private final CountDownLatch failed = new CountDownLatch(1);
    private volatile Throwable failure;
    private volatile boolean isMeasuring;
    private volatile boolean isOver;
    private double[] times = new double[1 << 16];
    private int timed;

    void count(int more) {
        if (isMeasuring) count.add(more);
    }

    /** Of something that began then and ends now. */
    void time(long startedNanos) {
        if (!isMeasuring) return;
        double ms = (System.nanoTime() - startedNanos) / 1e6;
        synchronized (this) {
            if (timed == times.length) times = Arrays.copyOf(times, timed * 2);
            times[timed++] = ms;
        }
    }

    /** What ends the measurement early. */
    void fail(Throwable error) {
        synchronized (this) {
            if (failure == null) failure = error;
        }
        failed.countDown();
    }

    /** After the measurement, and after a failure: whoever works shall stop. */
    boolean isOver() {
        return isOver || failure != null;
    }

    /** Lets the others work, counts for a while, and prints what that came to. */
    void measure(Arguments arguments) throws Exception {
        sleep(arguments.number("warmupMs", 0));
        double cpu = cpuSeconds();
        long started = System.nanoTime();
        isMeasuring = true;
        sleep(arguments.number("measureMs", 0));
        isMeasuring = false;
        double seconds = (System.nanoTime() - started) / NANOS;
        double used = cpuSeconds() - cpu;
        isOver = true;
        answer(count.sum(), seconds, timesText(), used);
    }

    void throwFailure() throws Exception {
        if (failure != null) throw new Exception(failure);
    }

    private void sleep(int ms) throws Exception {
        if (failed.await(ms, TimeUnit.MILLISECONDS)) throwFailure();
    }

    private synchronized String timesText() {
        if (timed == 0) return "null";
        Arrays.sort(times, 0, timed);
        return String.format(Locale.ROOT, "{\"p50\":%.4f,\"p99\":%.4f,\"p999\":%.4f,\"max\":%.4f}",
            quantile(0.5), quantile(0.99), quantile(0.999), times[timed - 1]);
    }

    private double quantile(double share) {
        return times[Math.min(timed - 1, (int) (timed * share))];
    }

    /** Of a task that ends by itself: from then until now, in all. */
    static void answerSince(long startedNanos, int count) {
        answer(count, (System.nanoTime() - startedNanos) / NANOS, "null", cpuSeconds());
    }

    private static double cpuSeconds() {
        return SYSTEM.getProcessCpuTime() / NANOS;
    }

    private static void answer(long count, double seconds, String times, double cpuSeconds) {
        System.out.println(String.format(Locale.ROOT,
            "{\"count\":%d,\"seconds\":%.6f,\"times\":%s,\"cpuSeconds\":%.6f}",
            count, seconds, times, cpuSeconds));
    }
}
