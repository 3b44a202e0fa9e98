// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.assembly.Place;
import io.weft.plugin.assembly.Setting;
import java.io.PrintWriter;

/** What {@code --json} prints. */
final class JsonOutput {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private JsonOutput() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Prints an object on one line. */
  static void print(PrintWriter out, ObjectNode json) {
    try {
      out.println(MAPPER.writeValueAsString(json));
      out.flush();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values cannot be written", e);
    }
  }

  /** Adds where something stands. */
  static void place(ObjectNode json, Place place) {
    json.put("file", place.file());
    if (place.line() > 0) {
      json.put("line", place.line());
    }
  }

  static ObjectNode setting(Setting setting) {
    ObjectNode json = object();
    json.put("key", setting.key());
    json.put("value", setting.value());
    json.put("default", setting.standard());
    place(json, setting.place());
    return json;
  }
}
