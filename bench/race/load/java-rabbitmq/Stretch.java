/** The time in which things count, behind a warm-up in which everything flows already. */
final class Stretch {
    private final int warmupMs;
    private final int measureMs;
    private volatile boolean counting;
    private volatile boolean over;

    Stretch(Arguments words) {
        warmupMs = words.number("warmupMs", 0);
        measureMs = words.number("measureMs", 0);
    }

    boolean counts() {
        return counting;
    }

    /** Nothing new is begun any more. */
    boolean isOver() {
        return over;
    }

    /** Lets both pass. */
    Answer pass() throws InterruptedException {
        Thread.sleep(warmupMs);
        Answer answer = Answer.begin();
        counting = true;
        Thread.sleep(measureMs);
        counting = false;
        answer.end();
        over = true;
        return answer;
    }
}
