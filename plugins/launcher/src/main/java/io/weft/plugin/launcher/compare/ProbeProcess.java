// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** A process that measures a plugin, seen from the one that gives the orders. */
final class ProbeProcess implements AutoCloseable {
  /** Answers that wait; a process answers each order once. */
  private static final int MOST_ANSWERS = 16;

  private static final int LAST_LINES = 3;
  private static final long END_SECONDS = 15;

  private final ObjectMapper mapper = new ObjectMapper();
  private final Process process;
  private final Path errors;
  private final BufferedWriter orders;
  private final BlockingQueue<Optional<String>> answers = new ArrayBlockingQueue<>(MOST_ANSWERS);

  /**
   * Starts a process.
   *
   * @param errors file for what it writes on standard error
   */
  ProbeProcess(List<String> command, Path errors) throws ProbeFailure {
    this.errors = errors;
    try {
      process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    } catch (IOException e) {
      throw new ProbeFailure("its process cannot be started: " + e.getMessage(), e);
    }
    orders = process.outputWriter(StandardCharsets.UTF_8);
    Thread.ofPlatform().daemon().name("weft-compare-answers").start(this::read);
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        answers.put(Optional.of(line));
      }
      answers.put(Optional.empty());
    } catch (IOException _) {
      answers.offer(Optional.empty()); // it has been ended
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gives an order. */
  void order(String step, long millis, int round) throws ProbeFailure {
    ObjectNode order = mapper.createObjectNode();
    order.put("step", step);
    order.put("millis", millis);
    order.put("round", round);
    try {
      orders.write(mapper.writeValueAsString(order) + "\n");
      orders.flush();
    } catch (IOException _) {
      throw ended(); // its end of the pipe is closed
    }
  }

  /**
   * Waits for the next answer.
   *
   * @throws ProbeFailure if the plugin has failed, its process has ended, or there is no answer
   */
  JsonNode answer(long seconds) throws ProbeFailure {
    try {
      Optional<String> line = answers.poll(seconds, TimeUnit.SECONDS);
      if (line == null) {
        throw new ProbeFailure("it has not answered within " + seconds + " s" + lastWords());
      }
      if (line.isEmpty()) {
        throw ended();
      }
      JsonNode answer = mapper.readTree(line.get());
      if (answer.has("failure")) {
        throw new ProbeFailure(answer.path("failure").asText());
      }
      return answer;
    } catch (JsonProcessingException e) {
      throw new ProbeFailure("its process has answered what is no JSON", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ProbeFailure("the comparison has been interrupted", e);
    }
  }

  /** Its process ends, and has perhaps said why. */
  private ProbeFailure ended() {
    while (!answers.isEmpty()) {
      Optional<String> line = answers.remove();
      if (line.isPresent() && line.get().contains("\"failure\"")) {
        try {
          return new ProbeFailure(mapper.readTree(line.get()).path("failure").asText());
        } catch (JsonProcessingException _) {
          break; // cut short
        }
      }
    }
    try {
      boolean over = process.waitFor(END_SECONDS, TimeUnit.SECONDS);
      String code = over ? "with exit code " + process.exitValue() : "its output";
      return new ProbeFailure("its process has ended " + code + lastWords());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new ProbeFailure("the comparison has been interrupted", e);
    }
  }

  private String lastWords() {
    try {
      List<String> lines = Files.readAllLines(errors, StandardCharsets.ISO_8859_1);
      List<String> last = lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size());
      return last.isEmpty() ? "" : "; its last words: " + String.join(" | ", last);
    } catch (IOException _) {
      return ""; // it has said nothing
    }
  }

  /** Lets the process end, and ends it if it does not. */
  @Override
  public void close() {
    try {
      orders.close();
      if (process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (IOException _) {
      // it has ended before
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    kill();
    try {
      process.waitFor(END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the process at once. */
  void kill() {
    process.destroyForcibly();
  }
}
