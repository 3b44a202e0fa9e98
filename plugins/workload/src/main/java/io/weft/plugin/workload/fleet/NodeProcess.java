// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.WeftException;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.WorkloadErrors;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * The process of a node, as seen from its parent. Commands are sent by one thread; events arrive on
 * a thread of this object, the last one being {@code exited} with the exit code.
 */
public final class NodeProcess {
  /** Name of the event that the parent generates at the end of a process. */
  public static final String EXITED = "exited";

  /** Longest wait for the end of a killed process. */
  private static final long KILL_SECONDS = 10;

  private final int index;
  private final Process process;
  private final OutputStream toProcess;
  private final BiConsumer<Integer, ObjectNode> onEvent;
  private final Thread reader;

  private NodeProcess(int index, Process process, BiConsumer<Integer, ObjectNode> onEvent) {
    this.index = index;
    this.process = process;
    this.onEvent = onEvent;
    toProcess = process.getOutputStream();
    reader =
        Thread.ofPlatform()
            .daemon()
            .name("weft-node-" + index + "-events")
            .unstarted(this::readEvents);
  }

  /** The signals that can be sent to a process. */
  public enum Signal {
    /** Pauses it. */
    STOP,
    /** Resumes it. */
    CONT,
    /** Asks it to end as planned. */
    TERM
  }

  /**
   * Starts a process.
   *
   * @param index its number among the processes of a run
   * @param log file that receives its standard error
   */
  public static NodeProcess start(
      int index, List<String> command, Path log, BiConsumer<Integer, ObjectNode> onEvent)
      throws IOException {
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    NodeProcess node = new NodeProcess(index, process, onEvent);
    node.reader.start();
    return node;
  }

  /** Sends a command. If the process has ended, its end is reported as an event. */
  public void tell(ObjectNode command) {
    try {
      toProcess.write((Json.line(command) + "\n").getBytes(StandardCharsets.UTF_8));
      toProcess.flush();
    } catch (IOException e) {
      onEvent.accept(index, Json.event("unreachable").put("message", String.valueOf(e)));
    }
  }

  /** Kills the process; its earlier output still arrives. */
  public void kill() {
    // Process.destroyForcibly would also close the pipes, with output that has not been read.
    process.toHandle().destroyForcibly();
  }

  /**
   * Sends a signal.
   *
   * @throws WeftException {@link WorkloadErrors#NODE_FAILED} if that is impossible on this system
   */
  public void signal(Signal signal) {
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new WeftException(
          WorkloadErrors.NODE_FAILED, "cannot send SIG" + signal + " to node " + index, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Pauses the process and waits until no thread of it is inside a system call. */
  void halt() {
    signal(Signal.STOP);
    Path tasks = Path.of("/proc", Long.toString(process.pid()), "task");
    while (process.isAlive() && !isHalted(tasks)) {
      Thread.onSpinWait();
    }
  }

  /** Whether every thread is stopped; assumed on other systems than Linux. */
  private static boolean isHalted(Path tasks) {
    if (!Files.isDirectory(tasks)) {
      return true;
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(tasks)) {
      for (Path task : all) {
        String stat = Files.readString(task.resolve("stat"));
        char state = stat.charAt(stat.lastIndexOf(')') + 2);
        if (state != 'T' && state != 'Z' && state != 'X') {
          return false;
        }
      }
      return true;
    } catch (IOException | DirectoryIteratorException e) {
      return false; // a thread has just ended
    }
  }

  /** Waits until a killed process has ended and its output has been read. */
  public void awaitEnd() {
    try {
      process.waitFor(KILL_SECONDS, TimeUnit.SECONDS);
      reader.join(TimeUnit.SECONDS.toMillis(KILL_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Its number in the operating system. */
  public long pid() {
    return process.pid();
  }

  private void readEvents() {
    try (var lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Optional<ObjectNode> event = Json.parse(line);
        event.ifPresent(object -> onEvent.accept(index, object));
      }
    } catch (IOException e) {
      onEvent.accept(index, Json.event("unreachable").put("message", String.valueOf(e)));
    }
    try {
      onEvent.accept(index, Json.event(EXITED).put("code", process.waitFor()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
