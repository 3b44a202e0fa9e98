// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import java.util.Optional;

/** The lines that parent and nodes exchange: one JSON object each. */
public final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  /** An empty object. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** A line from the parent to a node. */
  public static ObjectNode command(String name) {
    return object().put("do", name);
  }

  /** A line from a node to the parent. */
  public static ObjectNode event(String name) {
    return object().put("event", name);
  }

  /** The object in one line. */
  public static String line(ObjectNode object) {
    try {
      return MAPPER.writeValueAsString(object);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write " + object.size() + " fields as JSON", e);
    }
  }

  /** A string in quotes, as JSON and HOCON write it. */
  public static String quoted(String text) {
    try {
      return MAPPER.writeValueAsString(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot quote " + text, e);
    }
  }

  /** Parses a line; empty if it is no JSON object. */
  public static Optional<ObjectNode> parse(String line) {
    if (!line.startsWith("{")) {
      return Optional.empty();
    }
    try {
      return MAPPER.readTree(line) instanceof ObjectNode object
          ? Optional.of(object)
          : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** A field that must be a string. */
  public static String text(JsonNode object, String field) {
    JsonNode value = object.path(field);
    if (!value.isTextual()) {
      throw missing(object, field, "a string");
    }
    return value.textValue();
  }

  /** A field that must be a 32-bit number. */
  public static int integer(JsonNode object, String field) {
    JsonNode value = object.path(field);
    if (!value.canConvertToInt()) {
      throw missing(object, field, "a 32-bit integer");
    }
    return value.intValue();
  }

  /** A field that must be true or false. */
  public static boolean flag(JsonNode object, String field) {
    JsonNode value = object.path(field);
    if (!value.isBoolean()) {
      throw missing(object, field, "true or false");
    }
    return value.booleanValue();
  }

  /** A set of nodes as an array of their ids. */
  public static ArrayNode nodes(NodeSet nodes) {
    ArrayNode ids = MAPPER.createArrayNode();
    nodes.forEach(ids::add);
    return ids;
  }

  /** A field that must be an array of node ids. */
  public static NodeSet nodes(JsonNode object, String field) {
    JsonNode ids = object.path(field);
    NodeSet.Builder nodes = new NodeSet.Builder();
    for (JsonNode id : ids) {
      if (!id.canConvertToInt() || id.intValue() < 0 || id.intValue() > NodeId.MAX) {
        throw missing(object, field, "an array of node ids");
      }
      nodes.add(id.intValue());
    }
    if (!ids.isArray()) {
      throw missing(object, field, "an array of node ids");
    }
    return nodes.build();
  }

  private static WeftException missing(JsonNode object, String field, String expected) {
    return new WeftException(
        WorkloadErrors.BAD_COMMAND, "'" + field + "' is not " + expected + " in " + object);
  }
}
