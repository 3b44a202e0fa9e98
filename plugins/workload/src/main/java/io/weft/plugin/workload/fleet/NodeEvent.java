// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A message of a node, or the end of its process.
 *
 * @param node the node
 * @param life number of the node's start, from 1
 * @param atNs time of arrival
 * @param body the message; {@link NodeProcess#EXITED} if its process has ended
 */
public record NodeEvent(int node, int life, long atNs, ObjectNode body) {
  /** Exit codes above this one stand for signals. */
  private static final int SIGNALS = 128;

  /** The kind of event. */
  public String name() {
    return body.path("event").asText();
  }

  /** Whether it is an unexpected end or failure of a node. */
  boolean isBad() {
    return name().equals("failed") || name().equals("unreachable") || hasExited();
  }

  /** Whether the process has ended, but not as planned. */
  boolean isCrash() {
    return hasExited() && exitCode() != 0;
  }

  /** Whether a signal has ended the process. */
  boolean wasKilled() {
    return hasExited() && exitCode() > SIGNALS;
  }

  /** The text of a bad event. */
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
