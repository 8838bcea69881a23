import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Deletes the queues whose names come on standard input, one a line. */
final class RemoveTask implements Task {
    @Override public void run(Broker broker) throws Exception {
        List<String> names =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                .lines().toList();
        InParallel.each(names, broker, (channel, name) -> channel.queueDelete(name));
    }
}
