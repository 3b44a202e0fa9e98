// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.StorageIdentity;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What does not fit the field of a view record that it is for is refused where it is written. */
class ViewRecordBoundsTest {
  static Stream<Object[]> recordsOfViews() {
    ViewRecord.Entry entry = new ViewRecord.Entry(1, 1, EntryState.MEMBER);
    return Stream.of(
        new Object[] {"number of entries", List.of(), 1},
        new Object[] {
          "number of entries", IntStream.range(0, NodeId.MAX + 2).mapToObj(_ -> entry).toList(), 1
        },
        new Object[] {
          "node", List.of(new ViewRecord.Entry(NodeId.MAX + 1, 1, EntryState.MEMBER)), 1
        },
        new Object[] {"proposer", List.of(entry), NodeId.MAX + 1});
  }

  @ParameterizedTest
  @MethodSource("recordsOfViews")
  void aViewRecordThatDoesNotFitIsRefused(
      String field, List<ViewRecord.Entry> entries, int proposer) {
    StorageIdentity storage = new StorageIdentity();
    storage.establish(new UUID(1, 2), "here", true);
    ViewRecordCodec codec = new ViewRecordCodec("world", ClusterSettings.NONE, storage);
    RuntimeException e =
        assertThrows(
            RuntimeException.class,
            () -> codec.encode(Records.of(1, proposer, entries, NodeSet.of(1))));
    assertTrue(e.getMessage().contains(field), e::getMessage);
  }
}
