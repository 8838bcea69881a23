import java.util.ArrayList;
import java.util.List;

import javax.jms.JMSException;
import javax.jms.Message;

/**
 * INDIVIDUAL_ACKNOWLEDGE: some messages are held, and acknowledged one by one in any order. Now and
 * then the session is recovered, and those that are held come again.
 */
final class IndividualAcks implements Consumption {
    private static final class Held {
        final Message message;
        final String name;
        final int lossesBefore;

        Held(Message message, String name, int lossesBefore) {
            this.message = message;
            this.name = name;
            this.lossesBefore = lossesBefore;
        }
    }

    private final Load load;
    private final Inbox inbox;
    private final int limit;
    private final double recoveries;
    private final List<Held> held = new ArrayList<>();

    IndividualAcks(Load load, Inbox inbox, int limit, double recoveries) {
        this.load = load;
        this.inbox = inbox;
        this.limit = limit;
        this.recoveries = recoveries;
    }

    @Override public void step() throws JMSException {
        int losses = inbox.client.losses();
        Message message = inbox.receive();
        if (message == null) {
            while (!held.isEmpty()) acknowledgeOne();
            return;
        }
        held.add(new Held(message, inbox.received(message, null), losses));
        if (load.mischief(recoveries)) {
            inbox.recover();
            held.clear();
        } else if (held.size() >= limit) {
            acknowledgeOne();
        }
    }

    private void acknowledgeOne() {
        Held one = held.remove(Load.random(held.size()) - 1);
        inbox.acknowledge(one.message, List.of(one.name), one.lossesBefore);
    }
}
