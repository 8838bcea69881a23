import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

import javax.jms.JMSException;
import javax.jms.Message;

/**
 * CLIENT_ACKNOWLEDGE: the last of a few messages is acknowledged, and with it those before. Now and
 * then the session is recovered instead, and all of them come again.
 */
final class BatchedAcks implements Consumption {
    private final Load load;
    private final Inbox inbox;
    private final int limit;
    private final double recoveries;
    private final Set<String> unacknowledged = new LinkedHashSet<>();
    /** Given back, and not received again yet. */
    private final Set<String> givenBack = new HashSet<>();
    private int size;
    private int lossesBefore;
    private Message last;

    BatchedAcks(Load load, Inbox inbox, int limit, double recoveries) {
        this.load = load;
        this.inbox = inbox;
        this.limit = limit;
        this.recoveries = recoveries;
        size = Load.random(limit);
    }

    @Override public void step() throws JMSException {
        if (unacknowledged.isEmpty()) lossesBefore = inbox.client.losses();
        Message message = inbox.receive();
        if (message != null) {
            String name = inbox.received(message, null);
            givenBack.remove(name);
            unacknowledged.add(name);
            last = message;
            if (unacknowledged.size() < size) return;
        }
        if (!unacknowledged.isEmpty()) finish();
    }

    private void finish() {
        if (load.mischief(recoveries)) giveBack();
        else inbox.acknowledge(last, unacknowledged, lossesBefore);
        unacknowledged.clear();
        size = Load.random(limit);
    }

    private void giveBack() {
        givenBack.addAll(unacknowledged);
        inbox.recover();
    }

    /**
     * Whether all that was given back has come again. A consumer that ends before tells its broker
     * that the last message it saw was the last one that came again, so that those behind that one
     * come to the next consumer as if for the first time.
     */
    boolean hasAllAgain() {
        return givenBack.isEmpty();
    }
}
