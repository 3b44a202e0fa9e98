// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.weft.api.LockName;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class HoldTableTest {
  @Test
  void isAMapFromNamesToHolds() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      HoldTable table = new HoldTable();
      Map<LockName, Hold> model = new HashMap<>();
      int names = 1 + random.nextInt(60);
      for (int step = 0; step < 500; step++) {
        LockName name = LockName.of("lock " + random.nextInt(names));
        Hold known = model.get(name);
        assertSame(known, table.get(name));
        if (known == null) {
          Hold hold = new Hold(1);
          hold.name = name;
          table.add(hold);
          model.put(name, hold);
        } else if (random.nextBoolean()) {
          table.remove(known);
          model.remove(name);
        }
        assertEquals(model.size(), table.size());
      }
      assertEquals(new HashSet<>(model.values()), new HashSet<>(table.all()));
    }
  }
}
