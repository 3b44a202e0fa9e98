// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** One who speaks TLS by the JDK alone, with any certificate or none, and trusts everybody. */
final class TlsStranger {
  private final SSLContext context;

  TlsStranger(Optional<X509Bundle> certificate) throws GeneralSecurityException, IOException {
    KeyManager[] keys = {};
    if (certificate.isPresent()) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          "me",
          certificate.get().getKeyPair().getPrivate(),
          new char[0],
          certificate.get().getCertificatePath());
      KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
      factory.init(store, new char[0]);
      keys = factory.getKeyManagers();
    }
    context = SSLContext.getInstance("TLS");
    context.init(keys, new TrustManager[] {new Credulous()}, null);
  }

  /** Speaks TLS of that version as a client on a connection. */
  SSLSocket client(Socket connected, String version) throws IOException {
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(connected, "node", 1, true);
    socket.setEnabledProtocols(new String[] {version});
    return socket;
  }

  /** Listens as a server that asks for certificates. */
  SSLServerSocket listen(int port) throws IOException {
    SSLServerSocket socket =
        (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port);
    socket.setNeedClientAuth(true);
    return socket;
  }

  /** A connection that keeps a copy of the bytes it has sent. */
  static final class Recorded extends Socket {
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

    Recorded(String host, int port) throws IOException {
      super(host, port);
    }

    synchronized byte[] sent() {
      return sent.toByteArray();
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
      OutputStream out = super.getOutputStream();
      return new OutputStream() {
        @Override
        public void write(int b) throws IOException {
          write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
          synchronized (Recorded.this) {
            sent.write(bytes, from, count);
          }
          out.write(bytes, from, count);
        }
      };
    }
  }

  private static final class Credulous extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
