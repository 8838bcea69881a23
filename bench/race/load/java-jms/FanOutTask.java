import javax.jms.JMSException;
import javax.jms.Session;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.command.ActiveMQDestination;
import org.apache.activemq.command.ActiveMQTopic;

/** One sender to a topic of many subscribers. */
final class FanOutTask implements Task {
    private final JmsClient client;
    private final Arguments arguments;
    private final ActiveMQTopic topic;
    private final Meter meter = new Meter();

    FanOutTask(JmsClient client, Arguments arguments) {
        this.client = client;
        this.arguments = arguments;
        topic = new ActiveMQTopic(arguments.text("topic"));
    }

    @Override public void run() throws Exception {
        for (int i = 0; i < arguments.number("subscribers", 1); i++) subscribe();
        Sender sender = new Sender(client, new ActiveMQDestination[] {topic}, arguments, meter,
            meter::time);
        Worker sending = new Worker(meter, sender::send);
        sending.start();
        meter.measure(arguments);
        sending.join();
        sender.finish();
        sender.close();
        meter.throwFailure();
    }

    /**
     * On topics DUPS_OK acknowledges many at a time. The connection ends with this process: closed
     * one by one, each would wait for what is still on its way to it.
     */
    private void subscribe() throws JMSException {
        ActiveMQConnection connection = client.connect();
        Session session = connection.createSession(false, Session.DUPS_OK_ACKNOWLEDGE);
        session.createConsumer(topic).setMessageListener(message -> meter.count(1));
    }
}
