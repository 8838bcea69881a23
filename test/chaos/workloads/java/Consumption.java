import javax.jms.JMSException;

/** A way to receive and to acknowledge. */
interface Consumption {
    /** Waits a moment for one message, and does what is due. */
    void step() throws JMSException;
}
