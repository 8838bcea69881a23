import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.Session;
import javax.jms.TextMessage;

import org.apache.activemq.ActiveMQMessageProducer;
import org.apache.activemq.AsyncCallback;

/** Sends messages named "number of the sender:number of the message" at a steady rate. */
final class Sender {
    private static final int WINDOW = 20;
    private static final int BATCH = 5;
    private static final double ROLLBACKS = 0.05;
    private static final long WINDOW_EMPTY_WITHIN_MS = 15_000;

    private final Load load;
    private final int number;
    /** 'queue://orders': how a session is told, and how the history calls it. */
    private final String destination;
    private Client client;
    private Session session;
    private ActiveMQMessageProducer producer;
    private int last;

    Sender(Load load, int number, String destination) {
        this.load = load;
        this.number = number;
        this.destination = destination;
    }

    private interface Round {
        void run() throws Exception;
    }

    /** Each message is confirmed before the next one is sent. */
    void startOneByOne() {
        start(Session.AUTO_ACKNOWLEDGE, 1, this::sendOne);
    }

    /** Up to a window of messages are under way at once. */
    void startPipelined() {
        Semaphore window = new Semaphore(WINDOW);
        start(Session.AUTO_ACKNOWLEDGE, 1, () -> sendAhead(window));
    }

    /** Messages are confirmed by the commit of their batch; some batches are rolled back. */
    void startTransacted() {
        start(Session.SESSION_TRANSACTED, BATCH, this::sendBatch);
    }

    private void start(int mode, int sendsPerRound, Round round) {
        String name = "producer-" + number;
        load.start(name, () -> {
            client = Client.connect(load, name, null);
            session = client.session(mode);
            producer = (ActiveMQMessageProducer) session.createProducer(
                Destinations.open(session, destination, ""));
            producer.setDeliveryMode(DeliveryMode.PERSISTENT);
            load.isConnected();
            load.awaitSending();
            int rate = load.arguments.number("rate", 50);
            Pace pace = new Pace(Math.max(1, rate / sendsPerRound));
            while (!load.isEnded()) {
                round.run();
                pace.await();
            }
        });
    }

    private void sendOne() throws Exception {
        load.awaitSending();
        if (load.isEnded()) return;
        TextMessage message = nextMessage();
        client.call(() -> producer.send(message), "send", "message", name(), "destination",
            destination);
    }

    private void sendAhead(Semaphore window) throws Exception {
        if (!load.isSending()) awaitConfirmations(window);
        load.awaitSending();
        if (load.isEnded()) return;
        window.acquire();
        TextMessage message = nextMessage();
        int op = client.invoke("send", "message", name(), "destination", destination);
        Confirmation confirmation = new Confirmation(op, window);
        try {
            producer.send(message, confirmation);
        } catch (JMSException error) {
            confirmation.onException(error);
        }
    }

    /** The outcome of one send of the window; only the first that is told counts. */
    private final class Confirmation implements AsyncCallback {
        private final int op;
        private final Semaphore window;
        private final AtomicBoolean isTold = new AtomicBoolean();

        Confirmation(int op, Semaphore window) {
            this.op = op;
            this.window = window;
        }

        @Override public void onSuccess() {
            if (!isTold.compareAndSet(false, true)) return;
            client.ok(op);
            window.release();
        }

        @Override public void onException(JMSException error) {
            if (!isTold.compareAndSet(false, true)) return;
            client.failed(op, error);
            window.release();
        }
    }

    private void awaitConfirmations(Semaphore window) throws InterruptedException {
        if (window.tryAcquire(WINDOW, WINDOW_EMPTY_WITHIN_MS, TimeUnit.MILLISECONDS)) {
            window.release(WINDOW);
        }
    }

    private void sendBatch() throws Exception {
        load.awaitSending();
        if (load.isEnded()) return;
        String tx = client.name + "/" + (last + 1);
        boolean isWhole = true;
        for (int i = 0; i < BATCH && isWhole; i++) {
            TextMessage message = nextMessage();
            isWhole = client.call(() -> producer.send(message), "send", "message", name(),
                "destination", destination, "tx", tx);
        }
        if (!isWhole || load.mischief(ROLLBACKS)) {
            client.call(session::rollback, "rollback", "tx", tx);
        } else {
            client.call(session::commit, "commit", "tx", tx);
        }
    }

    private TextMessage nextMessage() throws JMSException {
        last++;
        char[] padding = new char[load.arguments.number("body", 200)];
        Arrays.fill(padding, '.');
        return session.createTextMessage(name() + " " + new String(padding));
    }

    private String name() {
        return number + ":" + last;
    }
}
