"""Disclosure control: tables of counts in, safe tables out."""
