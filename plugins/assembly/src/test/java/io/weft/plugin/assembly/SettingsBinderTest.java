// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.weft.spi.plugin.ByteSize;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SettingsBinderTest {
  private static final String DEFAULTS =
      """
      weft.x {
        # How many there are. Range 1 to 9.
        how-many = 3
        # How long it takes. Longer than 0.
        how-long = 1 s
        # Where it is. Required.
        where = null
      }
      """;

  /** What colours are for. */
  enum Colour {
    RED,
    DARK_BLUE
  }

  /** A section in a section. */
  record Inner(int depth, Optional<String> note) {}

  /** One component of each kind. */
  record Everything(
      int small,
      long large,
      double part,
      boolean flag,
      String text,
      Duration time,
      ByteSize size,
      Colour colour,
      List<String> names,
      List<Inner> inners,
      Map<String, Integer> numbers,
      Inner nested) {}

  /** Components with ranges. */
  record Ranged(int howMany, Duration howLong, String where) {
    Ranged {
      if (howMany < 1 || howMany > 9) {
        throw new IllegalArgumentException("how-many = " + howMany + " is outside 1 to 9");
      }
      if (!howLong.isPositive()) {
        throw new IllegalArgumentException("weft.x.how-long = " + howLong + " is not above 0");
      }
      if (where.isBlank()) {
        throw new IllegalArgumentException("where is blank");
      }
    }
  }

  private final Problems problems = new Problems();

  private <R extends Record> Optional<R> bind(Class<R> type, String text) {
    Config defaults = ConfigFactory.parseString(DEFAULTS);
    Config user =
        ConfigFactory.parseString(
            text, ConfigParseOptions.defaults().setOriginDescription("my.conf"));
    Config all = user.withFallback(defaults).resolve();
    return new SettingsBinder(user, defaults, problems)
        .bind(type, all.getObject("weft.x"), "weft.x");
  }

  private List<String> messages() {
    return problems.list().stream().map(Problem::toString).toList();
  }

  @Test
  void readsEveryKindOfComponent() {
    Everything made =
        bind(
                Everything.class,
                """
                weft.x {
                  small = 7, large = 8589934592, part = 0.5, flag = yes, text = hello
                  time = 20 us, size = 8 KiB, colour = dark-blue, names = [a, b]
                  inners = [{ depth = 1 }, { depth = 2, note = deep }]
                  numbers { one = 1, two = 2 }
                  nested.depth = 3
                }
                """)
            .orElseThrow();

    assertEquals(
        new Everything(
            7,
            8_589_934_592L,
            0.5,
            true,
            "hello",
            Duration.ofNanos(20_000),
            new ByteSize(8192),
            Colour.DARK_BLUE,
            List.of("a", "b"),
            List.of(new Inner(1, Optional.empty()), new Inner(2, Optional.of("deep"))),
            Map.of("one", 1, "two", 2),
            new Inner(3, Optional.empty())),
        made);
    assertEquals(List.of(), problems.list());
  }

  @Test
  void namesPlaceValueAndKindOfWrongValues() {
    bind(
        Everything.class,
        """
        weft.x {
          small = 3000000000
          large = 1.5
          part = half
          flag = 7
          text = [no]
          time = soon
          size = big
          colour = drak-blue
          names = one
          inners = [{ depth = deep }]
          numbers = 5
          nested.depth = {}
        }
        """);

    assertEquals(
        List.of(
            "my.conf:2: weft.x.small = 3000000000 is not a whole number of 32 bits.",
            "my.conf:3: weft.x.large = 1.5 is not a whole number of 64 bits.",
            "my.conf:4: weft.x.part = \"half\" is not a number.",
            "my.conf:5: weft.x.flag = 7 is not true or false.",
            "my.conf:6: weft.x.text = [\"no\"] is not a text.",
            "my.conf:7: weft.x.time = \"soon\" is not a duration such as 500 ms, 10 s or 2"
                + " minutes.",
            "my.conf:8: weft.x.size = \"big\" is not a size such as 8 KiB, 64 MiB or 1 GiB.",
            "my.conf:9: weft.x.colour = \"drak-blue\" is not one of red, dark-blue."
                + " Did you mean dark-blue?",
            "my.conf:10: weft.x.names = \"one\" is not a list [ ... ].",
            "my.conf:11: weft.x.inners[0].depth = \"deep\" is not a whole number of 32 bits.",
            "my.conf:12: weft.x.numbers = 5 is not a section { ... }.",
            "my.conf:13: weft.x.nested.depth = {} is not a whole number of 32 bits."),
        messages());
  }

  @Test
  void findsTheMistakesBehindTheFirst() {
    bind(
        Ranged.class,
        """
        weft.x {
          how-many = 12
          how-long = 0 s
          where = " "
        }
        """);

    assertEquals(
        List.of(
            "my.conf:2: weft.x.how-many = 12 is outside 1 to 9.",
            "my.conf:3: weft.x.how-long = PT0S is not above 0.",
            "my.conf:4: weft.x.where is blank."),
        messages());
  }

  @Test
  void missingValueComesWithItsProse() {
    assertTrue(bind(Ranged.class, "weft.x.how-many = 0").isEmpty());

    assertEquals(
        List.of(
            "my.conf:1: weft.x.where is not set. Where it is. Required.",
            "my.conf:1: weft.x.how-many = 0 is outside 1 to 9."),
        messages());
  }
}
