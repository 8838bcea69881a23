import javax.jms.JMSException;
import javax.jms.Message;

/** The client acknowledges what it hands over: what a crash makes of that is in no history. */
final class AutomaticAcks implements Consumption {
    private final Inbox inbox;

    AutomaticAcks(Inbox inbox) {
        this.inbox = inbox;
    }

    @Override public void step() throws JMSException {
        Message message = inbox.receive();
        if (message != null) inbox.received(message, null);
    }
}
