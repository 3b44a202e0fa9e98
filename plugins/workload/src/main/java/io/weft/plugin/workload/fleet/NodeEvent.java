// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Something that a node said, or that happened to it.
 *
 * @param node which
 * @param life of the node, from 1
 * @param atNs when it arrived
 * @param body what was said; {@link NodeProcess#EXITED} if its process has ended
 */
public record NodeEvent(int node, int life, long atNs, ObjectNode body) {
  /** Exit codes above this one stand for signals. */
  private static final int SIGNALS = 128;

  /** What kind of event it is. */
  public String name() {
    return body.path("event").asText();
  }

  /** Whether it is the end of a node that nobody has asked for. */
  boolean isBad() {
    return name().equals("failed") || name().equals("unreachable") || hasExited();
  }

  /** Whether the process has ended, and not as planned. */
  boolean isCrash() {
    return hasExited() && exitCode() != 0;
  }

  /** Whether a signal has ended the process. */
  boolean wasKilled() {
    return hasExited() && exitCode() > SIGNALS;
  }

  /** A bad event in words. */
  String ending() {
    String subject = "node " + node;
    return switch (name()) {
      case NodeProcess.EXITED ->
          subject
              + " ended with exit code "
              + exitCode()
              + (wasKilled() ? " (signal " + (exitCode() - SIGNALS) + ")" : "");
      case "failed" ->
          subject + " failed: " + body.path("code").asText() + ": " + body.path("message").asText();
      default -> subject + " is unreachable: " + body.path("message").asText();
    };
  }

  private boolean hasExited() {
    return name().equals(NodeProcess.EXITED);
  }

  private int exitCode() {
    return body.path("code").asInt();
  }
}
