// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import static io.weft.plugin.launcher.compare.ToldComparison.CASES;
import static io.weft.plugin.launcher.compare.ToldComparison.LATENCY;
import static io.weft.plugin.launcher.compare.ToldComparison.RATE;
import static io.weft.plugin.launcher.compare.ToldComparison.failing;
import static io.weft.plugin.launcher.compare.ToldComparison.working;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page and the JSON of values that are told. */
final class ComparisonPageTest {
  private static final String EVIL = "<img src=\"http://x/y\" onerror='z()'>&amp;";

  private final Comparison comparison =
      new ToldComparison()
          .tell(LATENCY, "50", "plain", 10, 11)
          .tell(LATENCY, "50", EVIL, 20, 21)
          .tell(LATENCY, "90", "plain", 12, 13)
          .tell(LATENCY, "90", EVIL, 0, 0)
          .tell(RATE, "64", "plain", 5, 5)
          .tell(CASES, "this", "plain", 0, 0)
          .tell(CASES, "this", EVIL, 3, 4)
          .of(
              List.of(LATENCY, RATE, CASES),
              working("plain"),
              working(EVIL, new Subject.Setting("weft.things.x", EVIL, false)),
              failing("broken", "it does <not> work"));

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  @Test
  void textOfPluginsMeansItself() {
    String page = ComparisonPage.of(comparison);

    assertFalse(page.contains("<img"), page);
    assertTrue(page.contains("&lt;img src=&quot;http://x/y&quot;"), page);
    assertTrue(page.contains("A &lt;fast&gt; processor"), page);
    assertTrue(page.contains("weft compare --spi &#39;&lt;things&gt;&#39;"), page);
  }

  @Test
  void thePageNeedsNothingElse() {
    String page = ComparisonPage.of(comparison);

    for (String foreign :
        List.of("<script", "<link", "@import", "url(", "src=\"", "NaN", "Infin")) {
      assertFalse(page.contains(foreign), () -> foreign + " in " + page);
    }
    assertEquals(1, count(page, "<html"));
  }

  @Test
  void everyQuestionThatHasValuesHasAFigure() {
    String page = ComparisonPage.of(comparison);

    assertEquals(3, count(page, "<figure "));
    assertEquals(3, count(page, "</figure>"));
    assertEquals(3, count(page, "<polyline")); // two of times, one of rates
    assertTrue(page.contains("load 0.3 before, unknown after"), page);
  }

  @Test
  void aFailureIsShownAndDoesNotHideTheOthers() {
    String page = ComparisonPage.of(comparison);

    assertTrue(page.contains("<h2>broken failed</h2><p>it does &lt;not&gt; work</p>"), page);
    assertTrue(page.contains(">plain</text>"), page);
  }

  @Test
  void aPageOfFailuresAloneIsAPage() {
    Comparison failed = new ToldComparison().of(List.of(LATENCY), failing("broken", "why"));

    String page = ComparisonPage.of(failed);

    assertTrue(page.contains("broken failed") && page.endsWith("</html>\n"), page);
    assertEquals("", ComparisonJson.of(failed).path("reference").asText());
  }

  @Test
  void theJsonHasEveryPluginWithItsRounds() {
    JsonNode json = ComparisonJson.of(comparison);

    assertEquals(List.of("plain", EVIL, "broken"), json.path("plugins").findValuesAsText("id"));
    assertEquals("it does <not> work", json.path("plugins").path(2).path("failure").asText());
    assertEquals("plain", json.path("reference").asText());
    JsonNode value = json.path("questions").path(0).path("values").path(1);
    assertEquals(EVIL, value.path("plugin").asText());
    assertEquals(20.5, value.path("median").asDouble());
    assertEquals("[20.0,21.0]", value.path("rounds").toString());
    assertEquals(20, value.path("samples").asInt());
    assertTrue(value.path("ratio").path("low").asDouble() > 1.9, value::toString);
  }
}
