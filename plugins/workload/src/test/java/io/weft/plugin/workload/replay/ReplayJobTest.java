// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.TraceFile;
import io.weft.plugin.workload.FakeCluster;
import io.weft.plugin.workload.FakeCluster.Fault;
import io.weft.plugin.workload.run.DiskBlocks;
import io.weft.plugin.workload.run.Report;
import io.weft.plugin.workload.shared.Clock;
import io.weft.plugin.workload.shared.Failures;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.Violations;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(300)
class ReplayJobTest {
  private static final int NODES = 3;

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"1,1", "1,32", "4,64", "3,1"})
  void replaysEveryRequestOnceAndProvesIt(int threads, int window) throws IOException {
    try (FakeCluster cluster = new FakeCluster()) {
      Outcome outcome = replay(cluster, threads, window);

      assertEquals(600, outcome.sum("requests"));
      assertEquals(outcome.trace.accesses(), outcome.sum("blockReads", "blockWrites"));
      assertEquals(0, outcome.sum("violations"), outcome.texts().toString());
      assertEquals(0, outcome.lostUpdates);
      assertEquals(0, outcome.onDisk.count(), outcome.onDisk.first().toString());
      assertTrue(outcome.complete());
    }
  }

  @Test
  void repeatsAccessesThatAreRefusedForTheMoment() throws IOException {
    try (FakeCluster cluster = new FakeCluster(Fault.REFUSE, 0)) {
      Outcome outcome = replay(cluster, 2, 16);

      assertTrue(outcome.sum("retries") > 0);
      assertEquals(outcome.trace.accesses(), outcome.sum("blockReads", "blockWrites"));
      assertEquals(0, outcome.sum("violations") + outcome.lostUpdates + outcome.onDisk.count());
    }
  }

  @Test
  void findsALostUpdateOnDiskAndUnderTheNextLease() throws IOException {
    try (FakeCluster cluster = new FakeCluster(Fault.LOSE_WRITE, 100)) {
      Outcome outcome = replay(cluster, 2, 16);

      assertEquals(1, outcome.lostUpdates);
      assertTrue(outcome.onDisk.count() > 0);
      assertTrue(outcome.sum("violations") > 0, "its node came back to the block and noticed");
    }
  }

  @Test
  void findsAStaleImage() throws IOException {
    try (FakeCluster cluster = new FakeCluster(Fault.STALE_IMAGE, 20)) {
      Outcome outcome = replay(cluster, 2, 16);

      assertTrue(outcome.sum("violations") > 0);
      assertEquals(0, outcome.lostUpdates, "only a reader was deceived");
    }
  }

  @Test
  void findsATornImage() throws IOException {
    try (FakeCluster cluster = new FakeCluster(Fault.TORN_IMAGE, 20)) {
      Outcome outcome = replay(cluster, 2, 16);

      assertTrue(outcome.sum("violations") > 0);
      assertTrue(
          outcome.texts().stream().anyMatch(text -> text.contains("checksum")),
          outcome.texts().toString());
    }
  }

  @Test
  void findsDamageOnDisk() throws IOException {
    try (FakeCluster cluster = new FakeCluster()) {
      Outcome outcome = replay(cluster, 1, 8);
      cluster.overwrite(ReplayJob.FILE, outcome.trace.firstBlock(0), 100, (byte) 1);
      assertEquals(0, outcome.prove(cluster).count(), "bytes that nobody uses");
      cluster.overwrite(
          ReplayJob.FILE, outcome.trace.firstBlock(0), FakeCluster.CONTENT_BYTES - 1, (byte) 1);
      assertEquals(1, outcome.prove(cluster).count());
    }
  }

  @Test
  void endsWithTheErrorOfACommit() {
    try (FakeCluster cluster = new FakeCluster(Fault.FAIL_COMMIT, 50)) {
      CompletionException e = assertThrows(CompletionException.class, () -> replay(cluster, 2, 16));
      WeftException cause = (WeftException) Failures.unwrapped(e);
      assertEquals(CoreErrors.NODE_STOPPED, cause.code());
    }
  }

  @Test
  void stopsEarlyWhenTold() throws IOException {
    try (FakeCluster cluster = new FakeCluster()) {
      Path file = TraceFile.random(3, 600, 64).in(directory);
      ReplayJob job = new ReplayJob(cluster.cache(), settings(file, 1, 8).forNode(0), Clock.SYSTEM);
      job.prepare();
      job.stop();
      job.run();
      ObjectNode result = Json.object();
      job.result(result);
      assertEquals(false, result.path("complete").asBoolean());
    }
  }

  private Outcome replay(FakeCluster cluster, int threads, int window) throws IOException {
    Path file = TraceFile.random(3, 600, 64).in(directory);
    List<ReplayJob> jobs = new ArrayList<>();
    for (int node = 0; node < NODES; node++) {
      jobs.add(
          new ReplayJob(
              cluster.cache(), settings(file, threads, window).forNode(node), Clock.SYSTEM));
    }
    jobs.forEach(ReplayJob::prepare);
    CompletableFuture.allOf(
            jobs.stream()
                .map(job -> CompletableFuture.runAsync(job::run, cluster.nodes()))
                .toArray(CompletableFuture<?>[]::new))
        .join();
    List<ObjectNode> results = new ArrayList<>();
    for (ReplayJob job : jobs) {
      ObjectNode result = Json.object();
      job.result(result);
      results.add(result);
    }
    return new Outcome(VscsiTrace.read(file, Integer.MAX_VALUE), results, cluster);
  }

  private static ReplaySettings settings(Path file, int threads, int window) {
    return new ReplaySettings(
        file,
        Integer.MAX_VALUE,
        0,
        NODES,
        Deal.ROUND_ROBIN,
        Pacer.MAX_SPEED,
        threads,
        window,
        true);
  }

  /** What the parent would know. */
  private static final class Outcome {
    final VscsiTrace trace;
    final List<ObjectNode> results;
    final Violations onDisk;
    long lostUpdates;

    Outcome(VscsiTrace trace, List<ObjectNode> results, DiskBlocks disk) {
      this.trace = trace;
      this.results = results;
      onDisk = prove(disk);
    }

    Violations prove(DiskBlocks disk) {
      List<WriteCounts> acknowledged =
          results.stream()
              .map(result -> Base64.getDecoder().decode(Json.text(result, "acknowledged")))
              .map(WriteCounts::decoded)
              .toList();
      assertEquals(sum("blockWrites"), acknowledged.stream().mapToLong(WriteCounts::total).sum());
      Violations found = new Violations();
      ReplayProof proof = new ReplayProof(acknowledged, found);
      proof.compare(disk, trace.blocks(), _ -> {});
      lostUpdates = proof.lostUpdates();
      return found;
    }

    long sum(String... fields) {
      long sum = 0;
      for (String field : fields) {
        sum += Report.sum(results, field);
      }
      return sum;
    }

    boolean complete() {
      return results.stream().allMatch(result -> result.path("complete").asBoolean());
    }

    List<String> texts() {
      List<String> texts = new ArrayList<>();
      results.forEach(
          result -> result.path("violationTexts").forEach(text -> texts.add(text.asText())));
      return texts;
    }
  }
}
