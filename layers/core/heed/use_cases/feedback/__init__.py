"""Records bounces and complaints."""
