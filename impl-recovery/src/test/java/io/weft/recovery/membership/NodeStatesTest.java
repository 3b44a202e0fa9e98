// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.api.NodeState;
import org.junit.jupiter.api.Test;

/** From every state to every other one. */
final class NodeStatesTest {
  @Test
  void everyStateCanBeReached() {
    for (NodeState from : NodeState.values()) {
      for (NodeState to : NodeState.values()) {
        NodeStates states = new NodeStates(8);
        states.become(5, from);
        states.become(5, to);
        assertEquals(to, states.of(5));
      }
    }
  }
}
