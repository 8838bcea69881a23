import java.util.Map;

import javax.jms.MessageConsumer;
import javax.jms.Session;

import org.apache.activemq.ActiveMQConnection;

/** Every version and encoding of the wire that a client may speak. */
final class Wire {
    private static final int NEWEST = 12;

    private Wire() {
    }

    static void addTo(Map<String, Scenario> scenarios) {
        for (int version = 1; version <= NEWEST; version++) {
            for (boolean tight : new boolean[] {true, false}) {
                String name = "wire-" + version + (tight ? "-tight" : "-loose");
                String options =
                    "wireFormat.version=" + version + "&wireFormat.tightEncodingEnabled=" + tight;
                scenarios.put(name, env -> exchange(env, options));
            }
        }
        scenarios.put("wire-no-cache", env -> exchange(env, "wireFormat.cacheEnabled=false"));
        scenarios.put("wire-small-cache", env -> exchange(env, "wireFormat.cacheSize=120"));
        scenarios.put("wire-no-traces", env -> exchange(env, "wireFormat.stackTraceEnabled=false"));
    }

    private static void exchange(Env env, String options) throws Exception {
        ActiveMQConnection connection = env.connect(options);
        Session session = Env.transacted(connection);
        Env.send(session, env.queue(session), Env.numbered(30));
        session.commit();
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, Env.numbered(30));
        session.commit();
        // The newest version is the other party.
        Session other = Env.auto(env.connect());
        Env.send(other, env.queue(other), "from 12");
        Env.expectTexts(consumer, "from 12");
        session.commit();
        Env.send(session, env.queue(session), "to 12");
        session.commit();
        consumer.close();
        Env.expectTexts(other.createConsumer(env.queue(other)), "to 12");
    }
}
