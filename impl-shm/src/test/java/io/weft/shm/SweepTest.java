// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node begins to live while another process deletes what dead ones have left. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SweepTest {
  private static final int LIVES = 100;

  /** So many take a while to be deleted, after the look whether their owner lives. */
  private static final int FILES_OF_A_LIFE = 100;

  @TempDir private Path parent;

  private static ClusterDirectory directory(Path parent) {
    return ClusterDirectory.of(parent.toString(), "swept", ClusterDirectory::usable);
  }

  /** Deletes what dead nodes have left, until its standard input ends. */
  static final class Sweeper {
    private Sweeper() {}

    public static void main(String[] arguments) throws IOException {
      ClusterDirectory directory = directory(Path.of(arguments[0]));
      System.out.write('\n');
      System.out.flush();
      while (System.in.available() == 0) {
        directory.sweep();
      }
    }
  }

  @Test
  void aNodeThatBeginsToLiveDoesNotLoseItsLockFile() throws Exception {
    ClusterDirectory directory = directory(parent);
    FileChannel keeper = directory.live("n9-1.1"); // so that the directory stays
    Process sweeper = PeerProcess.start(Sweeper.class, parent.toString());
    try {
      assertEquals('\n', sweeper.getInputStream().read());
      for (int life = 1; life <= LIVES; life++) {
        String self = "n1-1." + life;
        Files.createFile(directory.resolve(FileName.lock(self)));
        for (int file = 0; file < FILES_OF_A_LIFE; file++) {
          Files.write(directory.resolve(FileName.call("n9-1.1", self, file)), new byte[0]);
        }
        FileChannel lock = directory.live(self);
        try (var left = Files.list(directory.resolve(""))) { // takes as long as the deletions
          left.forEach(file -> Files.exists(file));
        }
        assertTrue(Files.exists(directory.resolve(FileName.lock(self))), self);
        directory.die(self, lock);
      }
      assertTrue(sweeper.isAlive());
    } finally {
      sweeper.getOutputStream().close();
      sweeper.destroyForcibly().waitFor();
      directory.die("n9-1.1", keeper);
    }
    try (var left = Files.list(parent)) {
      assertEquals(List.of(), left.toList());
    }
  }
}
