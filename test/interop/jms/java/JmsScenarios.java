import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Plays every scenario against the broker at a URI, through ActiveMQ's own client. Prints one line
 * each: "ok NAME" or "failed NAME: WHY". A second argument plays only that one.
 */
public final class JmsScenarios {
    private static final long LIMIT_S = 30;
    private static final int TRACE_LINES = 8;

    private JmsScenarios() {
    }

    public static void main(String[] args) throws Exception {
        Map<String, Scenario> scenarios = new LinkedHashMap<>();
        Acknowledgement.addTo(scenarios);
        Transactions.addTo(scenarios);
        Destinations.addTo(scenarios);
        Delivery.addTo(scenarios);
        Wire.addTo(scenarios);
        playAll(scenarios, args);
    }

    /** Plays the scenarios, or the one that the second argument names, and ends the process. */
    static void playAll(Map<String, Scenario> scenarios, String[] args) {
        ExecutorService threads = Executors.newCachedThreadPool();
        for (Map.Entry<String, Scenario> entry : scenarios.entrySet()) {
            if (args.length > 1 && !entry.getKey().equals(args[1])) continue;
            System.out.println(play(threads, args[0], entry));
        }
        System.exit(0);
    }

    private static String play(
        ExecutorService threads, String uri, Map.Entry<String, Scenario> entry) {
        String name = entry.getKey();
        Future<?> run = threads.submit(() -> {
            try (Env env = new Env(uri, "JMS." + name)) {
                entry.getValue().run(env);
            }
            return null;
        });
        try {
            run.get(LIMIT_S, TimeUnit.SECONDS);
            return "ok " + name;
        } catch (Exception failure) {
            Throwable cause = failure.getCause() == null ? failure : failure.getCause();
            StackTraceElement[] trace = cause.getStackTrace();
            StringBuilder where = new StringBuilder();
            for (int i = 0; i < Math.min(TRACE_LINES, trace.length); i++) {
                where.append(" < ").append(trace[i]);
            }
            return "failed " + name + ": " + String.valueOf(cause).replace('\n', ' ') + where;
        }
    }
}
