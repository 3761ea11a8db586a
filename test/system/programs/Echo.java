import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.*;

/** Speaks to an echo by java.net.http.WebSocket. Prints what came of it as JSON. */
public class Echo implements WebSocket.Listener {
  final BlockingQueue<Object> came = new LinkedBlockingQueue<>();
  final CompletableFuture<Integer> closed = new CompletableFuture<>();
  final StringBuilder text = new StringBuilder();
  final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
    text.append(part);
    if (last) {
      came.add(text.toString());
      text.setLength(0);
    }
    socket.request(1);
    return null;
  }

  public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean last) {
    byte[] some = new byte[part.remaining()];
    part.get(some);
    bytes.writeBytes(some);
    if (last) {
      came.add(bytes.toByteArray());
      bytes.reset();
    }
    socket.request(1);
    return null;
  }

  public CompletionStage<?> onPong(WebSocket socket, ByteBuffer payload) {
    came.add("pong of " + payload.remaining());
    socket.request(1);
    return null;
  }

  public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
    closed.complete(code);
    return null;
  }

  public void onError(WebSocket socket, Throwable error) {
    closed.completeExceptionally(error);
  }

  Object next() throws Exception {
    return came.poll(30, TimeUnit.SECONDS);
  }

  public static void main(String[] args) throws Exception {
    Echo peer = new Echo();
    WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(URI.create(args[0]), peer).get(30, TimeUnit.SECONDS);
    socket.sendText("\u03ba\u03cc\u03c3\u03bc\u03b5", true).get();
    boolean text = "\u03ba\u03cc\u03c3\u03bc\u03b5".equals(peer.next());
    byte[] large = new byte[1 << 20];
    for (int at = 0; at < large.length; at++) large[at] = (byte) at;
    socket.sendBinary(ByteBuffer.wrap(large), true).get();
    boolean binary = Arrays.equals(large, (byte[]) peer.next());
    socket.sendText("frag", false).get();
    socket.sendText("ment", true).get();
    boolean fragmented = "fragment".equals(peer.next());
    socket.sendPing(ByteBuffer.wrap(new byte[] {1, 2})).get();
    boolean pong = "pong of 2".equals(peer.next());
    socket.sendText("last", true).get();
    socket.sendClose(4001, "bye").get();
    int code = peer.closed.get(30, TimeUnit.SECONDS);
    boolean last = "last".equals(peer.next());
    System.out.printf("{\"text\":%b,\"binary\":%b,\"fragmented\":%b,\"pong\":%b,\"last\":%b,\"close\":%d}%n", text, binary, fragmented, pong, last, code);
    System.exit(0);
  }
}
