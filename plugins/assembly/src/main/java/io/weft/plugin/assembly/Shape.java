// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The allowed keys at a place of the configuration. */
sealed interface Shape {
  /** A value of any kind. */
  record Leaf() implements Shape {}

  /** A section whose keys are free. */
  record Free() implements Shape {}

  /** A list whose elements have a shape. */
  record Elements(Shape element) implements Shape {}

  /**
   * A section with known keys.
   *
   * @param keys a mutable map, which grows while the shape is built
   */
  record Section(TreeMap<String, Shape> keys) implements Shape {
    Section() {
      this(new TreeMap<>());
    }

    /** Adds all keys of another section, deeply. */
    void merge(Section other) {
      other.keys.forEach(this::merge);
    }

    void merge(String key, Shape shape) {
      if (keys.get(key) instanceof Section mine && shape instanceof Section theirs) {
        mine.merge(theirs);
      } else if (!(keys.get(key) instanceof Section) || shape instanceof Section) {
        keys.put(key, shape);
      }
    }

    /** The section at a dotted path, created if it is missing. */
    Section at(String path) {
      Section section = this;
      for (String key : path.split("\\.")) {
        section.merge(key, new Section());
        section = (Section) section.keys.get(key);
      }
      return section;
    }
  }

  /** The shape of a component of this type. */
  static Shape of(Type type) {
    if (type instanceof Class<?> c && SettingsBinder.isSection(c)) {
      return ofRecord(c);
    }
    if (type instanceof ParameterizedType generic) {
      Type last = generic.getActualTypeArguments()[generic.getActualTypeArguments().length - 1];
      if (generic.getRawType() == List.class) {
        return new Elements(of(last));
      }
      if (generic.getRawType() == Map.class) {
        return new Free();
      }
      if (generic.getRawType() == Optional.class) {
        return of(last);
      }
    }
    return new Leaf();
  }

  /** The shape of a settings record. */
  static Section ofRecord(Class<?> settings) {
    Section section = new Section();
    for (RecordComponent component : settings.getRecordComponents()) {
      section.merge(Kebab.ofComponent(component.getName()), of(component.getGenericType()));
    }
    return section;
  }

  /** The shape of a plugin that was not chosen: the keys of its defaults. */
  static Section ofDefaults(ConfigObject defaults) {
    Section section = new Section();
    defaults.forEach((key, value) -> section.merge(key, ofDefault(value)));
    return section;
  }

  private static Shape ofDefault(ConfigValue value) {
    return value instanceof ConfigObject object && !object.isEmpty()
        ? ofDefaults(object)
        : new Leaf();
  }

  /** Reports every key of {@code value} that the shape does not know. */
  static void check(ConfigValue value, Shape shape, String path, Problems problems) {
    switch (shape) {
      case Leaf(), Free() -> {}
      case Elements(Shape element) -> {
        if (value instanceof ConfigList list) {
          for (int i = 0; i < list.size(); i++) {
            check(list.get(i), element, path + "[" + i + "]", problems);
          }
        }
      }
      case Section section -> checkSection(value, section, path, problems);
    }
  }

  private static void checkSection(
      ConfigValue value, Section section, String path, Problems problems) {
    if (!(value instanceof ConfigObject object)) {
      problems.add(
          AssemblyErrors.WRONG_TYPE,
          value.origin(),
          path,
          path
              + " = "
              + SettingsBinder.show(value)
              + " is a section, not a value. Its keys are: "
              + String.join(", ", section.keys().keySet())
              + ".");
      return;
    }
    object.forEach(
        (key, child) -> {
          Shape known = section.keys().get(key);
          if (known != null) {
            check(child, known, path + "." + key, problems);
          } else {
            unknown(path, key, child, section, problems);
          }
        });
  }

  private static void unknown(
      String path, String key, ConfigValue value, Section section, Problems problems) {
    String all = String.join(", ", section.keys().keySet());
    String advice =
        Suggestions.nearest(key, section.keys().keySet())
            .map(near -> " Did you mean " + path + "." + near + "?")
            .orElse(all.isEmpty() ? " There are no keys." : " Keys of " + path + ": " + all + ".");
    problems.add(
        AssemblyErrors.UNKNOWN_KEY,
        value.origin(),
        path + "." + key,
        path + "." + key + " is not a known key." + advice);
  }
}
