import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.activemq.command.DataStructure;

/** The table of structures, read from a text file, joined with the classes of ActiveMQ. */
final class Plan {

    /** One property: how ActiveMQ's class is asked for it and told. */
    static final class Field {
        final String name;
        final String kind;
        final List<Structure> of = new ArrayList<>();
        Method getter;
        Method setter;

        Field(String name, String kind) {
            this.name = name;
            this.kind = kind;
        }

        Object get(Object owner) {
            try {
                return getter.invoke(owner);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(name, e);
            }
        }

        void set(Object owner, Object value) {
            try {
                setter.invoke(owner, value);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(name, e);
            }
        }
    }

    static final class Structure {
        final String name;
        final int code;
        final int since;
        final List<Field> fields = new ArrayList<>();

        Structure(String name, int code, int since) {
            this.name = name;
            this.code = code;
            this.since = since;
        }

        DataStructure create() {
            try {
                return (DataStructure) type().getConstructor().newInstance();
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(name, e);
            }
        }

        private Class<?> type() {
            try {
                return Class.forName("org.apache.activemq.command." + name);
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    final Map<String, Structure> byName = new LinkedHashMap<>();
    final Map<Integer, Structure> byCode = new LinkedHashMap<>();

    /**
     * Lines: "structure NAME CODE SINCE", then for each of its fields "field OURS JAVA KIND" and
     * the names of what it may hold.
     */
    static Plan read(Path file) throws IOException {
        Plan plan = new Plan();
        List<String[]> pending = new ArrayList<>();
        List<Field> pendingFields = new ArrayList<>();
        Structure current = null;
        for (String line : Files.readAllLines(file)) {
            String[] words = line.split(" ");
            if (words[0].equals("structure")) {
                int code = Integer.parseInt(words[2]);
                current = new Structure(words[1], code, Integer.parseInt(words[3]));
                plan.byName.put(current.name, current);
                plan.byCode.put(code, current);
            } else if (words[0].equals("field")) {
                Field field = new Field(words[1], words[3]);
                field.getter = find(current.type(), words[2], "get", "is");
                field.setter = find(current.type(), words[2], "set");
                current.fields.add(field);
                pendingFields.add(field);
                pending.add(words);
            }
        }
        for (int i = 0; i < pending.size(); i++) {
            String[] words = pending.get(i);
            for (int j = 4; j < words.length; j++) {
                pendingFields.get(i).of.add(plan.byName.get(words[j]));
            }
        }
        return plan;
    }

    private static Method find(Class<?> type, String property, String... prefixes) {
        for (String prefix : prefixes) {
            for (Method method : type.getMethods()) {
                boolean fits = method.getParameterCount() == (prefix.equals("set") ? 1 : 0);
                if (fits && !method.isBridge()
                        && method.getName().equalsIgnoreCase(prefix + property)) {
                    return method;
                }
            }
        }
        throw new IllegalStateException(type + " has no " + property);
    }
}
