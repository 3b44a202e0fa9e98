// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Forwards connections and spoils them: cuts them anywhere, flips a bit, resets, or lets none by.
 */
final class FaultyProxy implements AutoCloseable {
  private static final int MAX_HEALTHY_BYTES = 200_000;

  final AtomicInteger cuts = new AtomicInteger();
  final AtomicInteger flips = new AtomicInteger();
  private final ServerSocket server;
  private final String targetHost;
  private final Random random = new Random(42);
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private volatile boolean healthy;
  private volatile boolean parted;

  FaultyProxy(String host, int port, String targetHost) throws IOException {
    this.server = new ServerSocket(port, 50, InetAddress.getByName(host));
    this.targetHost = targetHost;
    Thread.ofPlatform().daemon().start(this::accept);
  }

  /** Stops spoiling. */
  void heal() {
    healthy = true;
  }

  /** Breaks all connections and lets no new ones by. */
  void part() throws IOException {
    parted = true;
    for (Socket socket : open) {
      socket.close();
    }
  }

  /** Lets connections by again. */
  void join() {
    parted = false;
  }

  /** Resets all connections, as the kernel does for a process that was killed. */
  void reset() throws IOException {
    for (Socket socket : open) {
      try {
        socket.setSoLinger(true, 0);
      } catch (SocketException e) {
        // ended already: both nodes may have called at once, and one of the two calls was dropped
        continue;
      }
      socket.close();
    }
    open.clear();
  }

  private void accept() {
    try {
      while (true) {
        Socket caller = server.accept();
        open.add(caller);
        try {
          if (parted) {
            throw new IOException("parted");
          }
          Socket target = new Socket(targetHost, server.getLocalPort());
          open.add(target);
          forward(caller, target);
          forward(target, caller);
        } catch (IOException e) {
          caller.close();
        }
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void forward(Socket from, Socket to) {
    Random own = new Random(random.nextLong());
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try (from;
                  to) {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                byte[] bytes = new byte[16_384];
                int left = own.nextInt(MAX_HEALTHY_BYTES);
                while (true) {
                  int read = in.read(bytes);
                  if (read < 0) {
                    return;
                  }
                  if (!healthy && read > left) {
                    if (own.nextBoolean()) {
                      cuts.incrementAndGet();
                      out.write(bytes, 0, left);
                      return;
                    }
                    flips.incrementAndGet();
                    bytes[left] ^= (byte) (1 << own.nextInt(8));
                    left = MAX_HEALTHY_BYTES;
                  }
                  out.write(bytes, 0, read);
                  left -= read;
                }
              } catch (IOException e) {
                // the other direction has ended
              }
            });
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
