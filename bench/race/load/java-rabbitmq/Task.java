/** Something to do with a broker; prints its answer itself. */
interface Task {
    void run(Broker broker) throws Exception;
}
