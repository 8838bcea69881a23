/** Something that a JMS client relies on. Throws when the broker does otherwise. */
interface Scenario {
    void run(Env env) throws Exception;
}
