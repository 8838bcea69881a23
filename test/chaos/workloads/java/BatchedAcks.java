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
            unacknowledged.add(inbox.received(message, null));
            last = message;
            if (unacknowledged.size() < size) return;
        }
        if (!unacknowledged.isEmpty()) finish();
    }

    private void finish() {
        if (load.mischief(recoveries)) inbox.recover();
        else inbox.acknowledge(last, unacknowledged, lossesBefore);
        unacknowledged.clear();
        size = Load.random(limit);
    }
}
