import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What all threads of one workload share: its log, its arguments, and whether senders send. A
 * workload has so many senders and receivers; it is ready when each of them is connected, and
 * paused when no sender has a call under way.
 */
final class Load {
    final EventLog log;
    final Arguments arguments;
    /** Prefix of names of destinations and clients. */
    final String cell;
    private final CountDownLatch connecting;
    private final int senders;
    private boolean sending;
    private boolean ended;
    private int idleSenders;

    Load(EventLog log, Arguments arguments, int senders, int receivers) {
        this.log = log;
        this.arguments = arguments;
        this.senders = senders;
        cell = arguments.text("cell");
        connecting = new CountDownLatch(senders + receivers);
    }

    interface Work {
        void run() throws Exception;
    }

    void start(String name, Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (Throwable error) {
                tell(name, error);
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** For whoever reads the log; at the end everything breaks, and nobody wants to know. */
    void tell(String client, Throwable error) {
        if (!isEnded()) log.write("error", "client", client, "note", error.toString());
    }

    /** Said once by each sender and receiver. */
    void isConnected() {
        connecting.countDown();
    }

    void awaitConnected() throws InterruptedException {
        connecting.await();
    }

    synchronized void send(boolean wanted) {
        sending = wanted;
        notifyAll();
    }

    synchronized void end() {
        ended = true;
        notifyAll();
    }

    synchronized boolean isSending() {
        return sending;
    }

    synchronized boolean isEnded() {
        return ended;
    }

    /** Returns when every sender stands still; at once when they were told to send again. */
    synchronized void awaitIdle() throws InterruptedException {
        while (!sending && idleSenders < senders) wait();
    }

    /** Called by a sender without a call under way: waits while nobody shall send. */
    synchronized void awaitSending() throws InterruptedException {
        if (sending || ended) return;
        idleSenders++;
        notifyAll();
        while (!sending && !ended) wait();
        idleSenders--;
    }

    /** True now and then, and never once senders are paused: then all shall end well. */
    boolean mischief(double probability) {
        return isSending() && ThreadLocalRandom.current().nextDouble() < probability;
    }

    /** At least one, at most the limit. */
    static int random(int limit) {
        return 1 + ThreadLocalRandom.current().nextInt(limit);
    }
}
