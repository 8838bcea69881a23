/** A thread that works until the meter has had enough; what goes wrong in it goes there. */
final class Worker extends Thread {
    interface Work {
        void run() throws Exception;
    }

    Worker(Meter meter, Work work) {
        super(() -> {
            try {
                while (!meter.isOver()) work.run();
            } catch (Throwable error) {
                meter.fail(error);
            }
        });
    }
}
