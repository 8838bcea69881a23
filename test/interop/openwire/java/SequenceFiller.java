import java.util.Random;
import org.apache.activemq.command.DataStructure;

/** Commands of one connection: their ids are whole, as ActiveMQ's cache wants them, and recur. */
final class SequenceFiller {

    private final Plan plan;
    private final Random random;

    SequenceFiller(Plan plan, long seed) {
        this.plan = plan;
        this.random = new Random(seed);
    }

    DataStructure fill(String name) {
        Plan.Structure structure = plan.byName.get(name);
        DataStructure object = structure.create();
        for (Plan.Field field : structure.fields) {
            Object value = value(structure, field);
            if (value != null) {
                field.set(object, value);
            }
        }
        return object;
    }

    private Object value(Plan.Structure owner, Plan.Field field) {
        switch (field.kind) {
            case "boolean":
                return random.nextBoolean();
            case "byte":
                return (byte) random.nextInt(5);
            case "int":
                return random.nextInt(1000);
            case "long":
                return (long) random.nextInt(9);
            case "string":
                return text(owner);
            case "bytes":
                return owner.name.equals("XATransactionId")
                    ? new byte[] {1, (byte) random.nextInt(3)} : null;
            case "nested":
            case "cached":
                if (field.name.equals("dataStructure") || field.name.equals("additionalPredicate")
                        || (!field.name.endsWith("Id") && random.nextInt(4) == 0)) {
                    return null;
                }
                return fill(field.of.get(random.nextInt(field.of.size())).name);
            default:
                return null;
        }
    }

    private String text(Plan.Structure owner) {
        boolean temporary = owner.name.contains("Temp");
        String connection = "ID:example-40123-1700000000000-" + random.nextInt(4) + ":1";
        return temporary || !owner.name.startsWith("ActiveMQ") || owner.fields.size() > 1
            ? connection : "QUEUE." + random.nextInt(12);
    }
}
