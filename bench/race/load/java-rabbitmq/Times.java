import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How long each of many things took. */
final class Times {
    private long[] nanos = new long[4096];
    private int count;

    synchronized void add(long taken) {
        if (count == nanos.length) nanos = Arrays.copyOf(nanos, count * 2);
        nanos[count++] = taken;
    }

    synchronized int count() {
        return count;
    }

    private synchronized long[] toArray() {
        return Arrays.copyOf(nanos, count);
    }

    static Times merged(List<Times> all) {
        Times merged = new Times();
        for (Times times : all) {
            for (long taken : times.toArray()) merged.add(taken);
        }
        return merged;
    }

    /** Milliseconds, as JSON. */
    String json() {
        long[] sorted = toArray();
        Arrays.sort(sorted);
        return String.format(Locale.ROOT,
            "{\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f}",
            quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted, 0.999),
            quantile(sorted, 1));
    }

    private static double quantile(long[] sorted, double q) {
        if (sorted.length == 0) return 0;
        int at = Math.min(sorted.length - 1, (int) (sorted.length * q));
        return sorted[at] / 1e6;
    }
}
