// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SuggestionsTest {
  @Test
  void swappedLettersAreOneMistake() {
    assertEquals(1, Suggestions.distance("stroe", "store"));
    assertEquals(3, Suggestions.distance("kitten", "sitting"));
    assertEquals(4, Suggestions.distance("", "four"));
  }

  @Test
  void nearestIsWhatWasProbablyMeant() {
    List<String> keys = List.of("frames", "shards", "free-frames");
    assertEquals(Optional.of("frames"), Suggestions.nearest("framse", keys));
    assertEquals(Optional.of("free-frames"), Suggestions.nearest("free-frame", keys));
  }

  @Test
  void farAwayIsNotSuggested() {
    assertEquals(Optional.empty(), Suggestions.nearest("colour", List.of("frames", "shards")));
    assertEquals("", Suggestions.question("x", List.of()));
  }
}
