import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.jms.BytesMessage;
import javax.jms.Connection;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.Session;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.command.ActiveMQBytesMessage;
import org.apache.activemq.util.ByteSequence;

/** One large message a connection, through a broker and back; then one that is too large. */
public final class LargeMessages {
  private static final int WITHIN_MS = 50_000;

  /**
   * Arguments: uri, bytes of a body that fits, bytes of one that does not (0: none), connections at
   * a time, whether each of them sends in a transaction (true or false).
   */
  public static void main(String[] args) throws Exception {
    ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(args[0]);
    // A copy of its own for each send would only measure the client.
    factory.setCopyMessageOnSend(false);
    byte[] body = new byte[Integer.parseInt(args[1])];
    for (int at = 0; at < body.length; at++) body[at] = (byte) (at * 31 + (at >>> 13));
    int connections = Integer.parseInt(args[3]);
    boolean isTransacted = Boolean.parseBoolean(args[4]);
    send(factory, body, connections, isTransacted);
    System.out.println((isTransacted ? "committed " : "sent ") + connections);
    for (int each = 0; each < connections; each++) receive(factory, body);
    System.out.println("received " + connections);
    int tooLarge = Integer.parseInt(args[2]);
    if (tooLarge > 0) refuse(factory, tooLarge);
  }

  private static void send(
      ActiveMQConnectionFactory factory, byte[] body, int connections, boolean isTransacted)
      throws Exception {
    List<Thread> senders = new ArrayList<>();
    List<Throwable> failures = new ArrayList<>();
    for (int each = 0; each < connections; each++) {
      Thread sender =
          new Thread(
              () -> {
                try {
                  sendOne(factory, body, isTransacted);
                } catch (Throwable failure) {
                  synchronized (failures) {
                    failures.add(failure);
                  }
                }
              });
      sender.start();
      senders.add(sender);
    }
    for (Thread sender : senders) sender.join();
    if (!failures.isEmpty()) throw new IllegalStateException(failures.get(0));
  }

  private static void sendOne(
      ActiveMQConnectionFactory factory, byte[] body, boolean isTransacted) throws JMSException {
    Connection connection = factory.createConnection();
    try {
      Session session = connection.createSession(isTransacted, Session.AUTO_ACKNOWLEDGE);
      sendTo(session, body);
      if (isTransacted) session.commit();
    } finally {
      connection.close();
    }
  }

  private static void sendTo(Session session, byte[] body) throws JMSException {
    MessageProducer producer = session.createProducer(queue(session));
    producer.setDeliveryMode(DeliveryMode.PERSISTENT);
    BytesMessage message = session.createBytesMessage();
    // Not by writeBytes, which copies as its buffer grows.
    ((ActiveMQBytesMessage) message).setContent(new ByteSequence(body));
    producer.send(message);
  }

  private static Queue queue(Session session) throws JMSException {
    return session.createQueue("LARGE?consumer.prefetchSize=1");
  }

  private static void receive(ActiveMQConnectionFactory factory, byte[] body) throws Exception {
    Connection connection = factory.createConnection();
    try {
      connection.start();
      Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
      MessageConsumer consumer = session.createConsumer(queue(session));
      BytesMessage message = (BytesMessage) consumer.receive(WITHIN_MS);
      if (message == null) throw new IllegalStateException("no message came");
      ByteSequence content = ((ActiveMQBytesMessage) message).getContent();
      int end = content.offset + content.length;
      if (!Arrays.equals(content.data, content.offset, end, body, 0, body.length))
        throw new IllegalStateException("other bytes");
    } finally {
      connection.close();
    }
  }

  /** Its connection is told why and ends; another one that was there before goes on. */
  private static void refuse(ActiveMQConnectionFactory factory, int bytes) throws Exception {
    Connection witness = factory.createConnection();
    Connection connection = factory.createConnection();
    try {
      witness.start();
      Session other = witness.createSession(false, Session.AUTO_ACKNOWLEDGE);
      Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
      try {
        sendTo(session, new byte[bytes]);
        throw new IllegalStateException("it was taken");
      } catch (JMSException refusal) {
        System.out.println("refused " + refusal.getMessage());
      }
      sendTo(other, new byte[] {1, 2, 3});
      BytesMessage message = (BytesMessage) other.createConsumer(queue(other)).receive(WITHIN_MS);
      System.out.println("untouched " + (message != null && message.getBodyLength() == 3));
    } finally {
      witness.close();
      connection.close();
    }
  }

  private LargeMessages() {}
}
