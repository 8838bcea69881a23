import java.io.File;

import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.store.kahadb.KahaDBPersistenceAdapter;

/**
 * A stock ActiveMQ: KahaDB that forces its journal to disk before it confirms, and one OpenWire
 * connector. Says "ready" when it serves; ends with its standard input.
 */
public final class StockBroker {
    private StockBroker() {}

    public static void main(String[] args) throws Exception {
        Arguments arguments = new Arguments(args);
        KahaDBPersistenceAdapter store = new KahaDBPersistenceAdapter();
        store.setDirectory(new File(arguments.text("directory"), "kahadb"));
        store.setJournalDiskSyncStrategy("always");
        BrokerService broker = new BrokerService();
        broker.setBrokerName("stock");
        broker.setDataDirectory(arguments.text("directory"));
        broker.setPersistenceAdapter(store);
        broker.setUseJmx(false);
        broker.setUseShutdownHook(false);
        broker.addConnector(arguments.text("connector"));
        broker.start();
        broker.waitUntilStarted();
        new EventLog(System.out).write("ready");
        while (System.in.read() >= 0) continue;
        broker.stop();
        System.exit(0);
    }
}
