"""How figures are added: plain functions over plain rows."""
