// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.shared.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the command of the distribution with nodes that encrypt their connections. */
@Timeout(600)
class EncryptedIT {
  private static final int NODES = 3;
  private static final char[] PASSWORD = "of this test".toCharArray();

  @TempDir private Path directory;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void endEverything() {
    for (Process process : started) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  @Test
  void demoRunsToItsProof() throws Exception {
    for (int id = 0; id < NODES; id++) {
      certify(id, id);
    }
    Path out = directory.resolve("out");
    Process demo = demo(out);
    assertEquals(0, demo.waitFor(), () -> text("err"));
    ObjectNode json = Json.parse(Files.readString(out).strip()).orElseThrow();
    assertEquals(0, json.path("violations").asLong());
    assertEquals(0, json.path("lostUpdates").asLong());
    assertTrue(json.path("shipped2Hop").asLong() + json.path("shipped3Hop").asLong() > 0);
  }

  @Test
  void aNodeWithTheCertificateOfAnotherDoesNotStart() throws Exception {
    certify(0, 0);
    certify(1, 1);
    certify(2, 1);
    assertEquals(1, demo(directory.resolve("out")).waitFor());
    assertTrue(text("err").contains("TLS_FILES"), () -> text("err"));
    assertTrue(text("err").contains("weft://workload/node/1"), () -> text("err"));
  }

  private Process demo(Path out) throws IOException {
    Path config =
        Files.writeString(
            directory.resolve("tls.conf"),
            """
            weft.transport.tcp.tls {
              mode = required
              certificate-chain = "DIR/n"${weft.node-id}".pem"
              private-key = "DIR/n"${weft.node-id}".key"
              authorities = "DIR/all.pem"
            }
            """
                .replace("DIR", directory.toString()));
    Process process =
        new ProcessBuilder(
                DistributionCommand.of(
                    directory,
                    List.of(
                        "demo",
                        "--seconds",
                        "1",
                        "--accounts",
                        "600",
                        "--frames",
                        "256",
                        "--json",
                        "--config",
                        config.toString(),
                        "--set",
                        "weft.membership.lease = 30 s",
                        "--set",
                        "weft.failure-detector.phi.acceptable-pause = 20 s")))
            .redirectOutput(out.toFile())
            .redirectError(directory.resolve("err").toFile())
            .start();
    started.add(process);
    return process;
  }

  private String text(String file) {
    try {
      return Files.readString(directory.resolve(file));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Makes the files of a node: a certificate that it has issued itself, and that all trust. */
  private void certify(int id, int named) throws Exception {
    Path store = directory.resolve("n" + id + ".p12");
    Path log = directory.resolve("keytool");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "node",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=node " + id,
                "-ext",
                "san=uri:weft://workload/node/" + named,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    started.add(keytool);
    assertEquals(0, keytool.waitFor(), () -> text("keytool"));
    KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD);
    String certificate = pem("CERTIFICATE", keys.getCertificate("node").getEncoded());
    Files.writeString(directory.resolve("n" + id + ".pem"), certificate);
    Files.writeString(
        directory.resolve("all.pem"),
        certificate,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    Path key = directory.resolve("n" + id + ".key");
    Files.writeString(key, pem("PRIVATE KEY", keys.getKey("node", PASSWORD).getEncoded()));
    assertTrue(key.toFile().setReadable(false, false) && key.toFile().setReadable(true, true));
  }

  private static String pem(String kind, byte[] der) {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n";
  }
}
