// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.spi.node.ClusterSettings;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.plugin.ClusterWide;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Collects the cluster-wide settings of plugins, as marked by {@link ClusterWide}. */
final class Agreed {
  private Agreed() {}

  /**
   * The cluster-wide part of one plugin: its choice, if its slot is cluster-wide, and its marked
   * settings.
   *
   * @param path of the section with its settings
   */
  static ClusterSettings of(Slot slot, String id, String module, Record settings, String path) {
    SortedMap<String, String> values = new TreeMap<>();
    if (slot.isClusterWide()) {
      values.put(slot.key(), id + " (" + module + ")");
    }
    collect(settings, path, values);
    return new ClusterSettings(values);
  }

  private static void collect(Record settings, String path, SortedMap<String, String> values) {
    for (RecordComponent component : settings.getClass().getRecordComponents()) {
      String key = path + "." + Kebab.ofComponent(component.getName());
      Object value = valueOf(settings, component);
      if (component.isAnnotationPresent(ClusterWide.class)) {
        values.put(key, text(value));
      } else if (SettingsBinder.isSection(component.getType())) {
        collect((Record) value, key, values);
      }
    }
  }

  private static Object valueOf(Record settings, RecordComponent component) {
    try {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(settings);
    } catch (InvocationTargetException | IllegalAccessException e) {
      throw new IllegalStateException(component + " of " + settings + " cannot be read", e);
    }
  }

  /** A text that is equal for equal values, however the configuration writes them. */
  private static String text(Object value) {
    return switch (value) {
      case Duration duration -> text(duration);
      case ByteSize size -> size.toString();
      case Enum<?> constant -> Kebab.ofConstant(constant);
      case Optional<?> optional -> optional.map(Agreed::text).orElse("none");
      case Collection<?> list ->
          list.stream().map(Agreed::text).collect(Collectors.joining(", ", "[", "]"));
      case Map<?, ?> map ->
          new TreeMap<>(map)
              .entrySet().stream()
                  .map(entry -> entry.getKey() + " = " + text(entry.getValue()))
                  .collect(Collectors.joining(", ", "{", "}"));
      default -> value.toString();
    };
  }

  private static String text(Duration duration) {
    long ns = duration.toNanos();
    if (ns % 1_000_000_000 == 0) {
      return ns / 1_000_000_000 + " s";
    }
    return ns % 1_000_000 == 0 ? ns / 1_000_000 + " ms" : ns + " ns";
  }
}
