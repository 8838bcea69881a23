/** Does what it was made for, and prints what that came to. */
interface Task {
    void run() throws Exception;
}
