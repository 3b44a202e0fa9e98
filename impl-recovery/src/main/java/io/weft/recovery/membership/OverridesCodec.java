// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeId;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.Overrides;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The form of {@link Overrides} in a view record: a group for each master, ascending. A group is
 * u16 node, u16 number of buckets - 1, and the buckets, each u16, ascending. So an override takes
 * two bytes, and all 65,536 take {@link #MAX_BYTES} at most.
 */
final class OverridesCodec {
  private static final int GROUP = 4;
  private static final int BUCKET = 2;

  /** The longest form: all buckets, of as many nodes as there can be. */
  static final int MAX_BYTES = Buckets.COUNT * BUCKET + (NodeId.MAX + 1) * GROUP;

  private OverridesCodec() {}

  static byte[] encode(Overrides overrides) {
    Map<Integer, List<Integer>> byMaster = new TreeMap<>();
    overrides.forEach(
        (bucket, master) -> byMaster.computeIfAbsent(master, _ -> new ArrayList<>()).add(bucket));
    ByteBuffer out = ByteBuffer.allocate(byMaster.size() * GROUP + overrides.size() * BUCKET);
    byMaster.forEach(
        (master, buckets) -> {
          out.putShort(master.shortValue()).putShort((short) (buckets.size() - 1));
          buckets.forEach(bucket -> out.putShort(bucket.shortValue()));
        });
    return out.array();
  }

  /**
   * Decodes all bytes of a buffer, at most {@link #MAX_BYTES}.
   *
   * @throws IllegalArgumentException if they are not a form that {@link #encode} makes
   */
  static Overrides decode(ByteBuffer in) {
    Map<Integer, Integer> masters = new HashMap<>();
    int last = -1;
    try {
      while (in.hasRemaining()) {
        int master = Short.toUnsignedInt(in.getShort());
        if (master <= last || master > NodeId.MAX) {
          throw new IllegalArgumentException("node " + master + " after node " + last);
        }
        last = master;
        group(master, in, masters);
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("the buckets of node " + last + " are cut short", e);
    }
    return Overrides.of(masters);
  }

  private static void group(int master, ByteBuffer in, Map<Integer, Integer> masters) {
    int last = -1;
    for (int left = Short.toUnsignedInt(in.getShort()) + 1; left > 0; left--) {
      int bucket = Short.toUnsignedInt(in.getShort());
      if (bucket <= last || masters.put(bucket, master) != null) {
        throw new IllegalArgumentException("bucket " + bucket + " twice, or not in its place");
      }
      last = bucket;
    }
  }
}
